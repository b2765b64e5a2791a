package dev.muster.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.worker.LentRange;
import dev.muster.worker.NamedDataset;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Counts the words of a text: a stream whose records are lines, each of them counted once, whoever
 * dies. The count is the state, and which lines are in it is saved with it.
 */
public final class WordCount implements Trainer {
  private static final NamedDataset LINES = NamedDataset.stream("lines", 100);

  private final String partition;
  private final List<String> lines;
  private final MemorySegment words = Arena.global().allocate(JAVA_LONG);
  private final MemorySegment inStep = Arena.global().allocate(JAVA_LONG);

  public WordCount(Path text) throws IOException {
    partition = text.getFileName().toString();
    lines = Files.readAllLines(text);
  }

  @Override
  public List<NamedTensor> state() {
    return List.of(NamedTensor.replicated("words", DType.INT64, new long[0], words));
  }

  @Override
  public Dataset dataset() {
    return new Dataset(1, 1, 1, "steps"); // all of the data is taken by name
  }

  @Override
  public List<NamedDataset> datasets() {
    return List.of(LINES);
  }

  @Override
  public void joined(Communicator communicator) {}

  @Override
  public double compute(Step step) {
    var source = step.ranges("lines");
    source.offer(partition, lines.size()); // as far as it is there now
    long counted =
        source.next().map(this::count).orElse(0L); // this rank's range, used in this step
    inStep.set(JAVA_LONG, 0, counted);
    var sum = new Buffer(inStep, DType.INT64);
    step.communicator().allReduce(sum, ReduceOp.SUM, Stream.NONE).await();
    return inStep.get(JAVA_LONG, 0);
  }

  private long count(LentRange range) {
    return range
        .indices(0) // of a stream: its offsets
        .mapToObj(offset -> lines.get((int) offset).strip())
        .filter(line -> !line.isEmpty())
        .mapToLong(line -> line.split("\\s+").length)
        .sum();
  }

  @Override
  public void apply(Step step) {
    words.set(JAVA_LONG, 0, words.get(JAVA_LONG, 0) + inStep.get(JAVA_LONG, 0));
  }

  @Override
  public Evaluation evaluate() {
    return new Evaluation(0, List.of("words: " + words.get(JAVA_LONG, 0)));
  }
}
