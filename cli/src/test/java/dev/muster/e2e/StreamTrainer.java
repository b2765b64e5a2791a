package dev.muster.e2e;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.muster.cli.process.JavaCommand;
import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.worker.LentRange;
import dev.muster.worker.Muster;
import dev.muster.worker.NamedDataset;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.RangeSource;
import dev.muster.worker.StaleLeaseException;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts the records of a stream of three partitions: its state says of each how often committed
 * steps used it. Some come from consumers outside of the group, as files in a folder.
 */
final class StreamTrainer implements Trainer {
  static final String DATASET = "records";
  static final int PARTITIONS = 3;
  private static final long RANGE = 8;

  private final Arena arena = Arena.ofConfined();

  private final long records;
  private final long paceNs;
  private final Path handedOver;
  private final MemorySegment counts;
  private MemorySegment uses;

  private StreamTrainer(Map<String, String> settings) {
    records = Long.parseLong(settings.get("records"));
    paceNs = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(settings.get("pace-ms")));
    handedOver = Path.of(settings.get("handed-over"));
    counts = arena.allocate(PARTITIONS * records * Long.BYTES, 64);
  }

  public static void main(String[] args) {
    Muster.train((settings, seed) -> new StreamTrainer(settings));
  }

  /**
   * Flags of a run.
   *
   * @param records in each partition
   * @param handedOver folder of ranges that consumers took: their text is the name's first line
   */
  static String[] flags(int workers, int steps, long records, Path handedOver, String... more) {
    var flags =
        new ArrayList<>(List.of("--workers", "" + workers, "--steps", "" + steps, "--managed"));
    for (var setting : List.of("records=" + records, "pace-ms=20", "handed-over=" + handedOver)) {
      flags.add("-Dmuster.worker.settings." + setting);
    }
    flags.addAll(List.of(more));
    flags.add("--");
    flags.addAll(JavaCommand.trainer(StreamTrainer.class.getName()));
    return flags.toArray(String[]::new);
  }

  @Override
  public List<NamedTensor> state() {
    return List.of(
        NamedTensor.replicated("counts", DType.INT64, new long[] {PARTITIONS * records}, counts));
  }

  /** Its own samples say nothing. */
  @Override
  public Dataset dataset() {
    return new Dataset(1_000_000, 8, 1, "samples");
  }

  @Override
  public List<NamedDataset> datasets() {
    return List.of(NamedDataset.stream(DATASET, (int) RANGE));
  }

  @Override
  public void joined(Communicator communicator) {
    uses = communicator.allocate(PARTITIONS * records * Long.BYTES);
  }

  @Override
  public double compute(Step step) {
    uses.fill((byte) 0);
    var ranges = step.ranges(DATASET);
    for (int p = 0; p < PARTITIONS; p++) {
      ranges.offer("part-" + p, Math.min(records, step.number() * 3)); // it grows
    }
    ranges.next().ifPresent(range -> read(ranges, range));
    if (step.number() > 0 && step.communicator().rank() == 0) {
      claimHandedOver(ranges);
    }
    if (step.number() > 0) {
      LockSupport.parkNanos(paceNs);
    }
    step.communicator().allReduce(new Buffer(uses, DType.INT64), ReduceOp.SUM, Stream.NONE).await();
    return 1;
  }

  /** Of a whole range, the last record is too much. */
  private void read(RangeSource ranges, LentRange range) {
    boolean whole = range.count() == RANGE;
    if (whole) {
      ranges.giveBack(range.part(range.to() - 1, range.to()));
    }
    use(whole ? range.part(range.from(), range.to() - 1) : range);
  }

  private void use(LentRange range) {
    int partition = Integer.parseInt(range.partition().substring("part-".length()));
    for (long at = range.from(); at < range.to(); at++) {
      long cell = partition * records + at;
      uses.setAtIndex(JAVA_LONG, cell, uses.getAtIndex(JAVA_LONG, cell) + 1);
    }
  }

  /** One a step; what is stale is thrown away. A step that is done again does not find it again. */
  private void claimHandedOver(RangeSource ranges) {
    try (var files = Files.list(handedOver)) {
      var next = files.filter(f -> f.toString().endsWith(".range")).sorted().findFirst();
      if (next.isPresent()) {
        var range = LentRange.parse(Files.readString(next.get()));
        Files.delete(next.get());
        ranges.claim(range);
        System.out.println("claimed: " + range);
        use(range);
      }
    } catch (StaleLeaseException e) {
      System.out.println("thrown away: " + e.getMessage());
    } catch (NoSuchFileException e) {
      throw new IllegalStateException("two ranks 0", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void apply(Step step) {
    for (long cell = 0; cell < PARTITIONS * records; cell++) {
      counts.setAtIndex(
          JAVA_LONG, cell, counts.getAtIndex(JAVA_LONG, cell) + uses.getAtIndex(JAVA_LONG, cell));
    }
  }

  @Override
  public Evaluation evaluate() {
    long once = 0;
    long more = 0;
    for (long cell = 0; cell < PARTITIONS * records; cell++) {
      long count = counts.getAtIndex(JAVA_LONG, cell);
      once += count == 1 ? 1 : 0;
      more += count > 1 ? 1 : 0;
    }
    return new Evaluation(Double.NaN, List.of("records: once=" + once + " more=" + more));
  }

  @Override
  public void close() {
    arena.close();
  }
}
