package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.protocol.WorkerId;
import dev.muster.worker.NamedDataset;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.RangeSource;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import dev.muster.worker.data.Positions;
import dev.muster.worker.data.SampleLog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A trainer that takes ranges of datasets by name. What is done of them is one more tensor of its
 * state, on every rank alike: at the end of {@link #compute} the ranks tell each other what they
 * used, {@link #apply} enters it. So it is always that of the step the other tensors are of,
 * wherever they come from: a survivor, a snapshot, a peer or storage, at any world size.
 */
final class DatasetTrainer implements Trainer {
  /** uint8[SIZE_BYTES]: text of {@link Positions}, zeros behind it. */
  static final String TENSOR = "muster.positions";

  private static final int SIZE_BYTES = 64 << 10;

  private final Trainer inner;
  private final WorkerId self;
  private final Agent agent;
  private final SampleLog log;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory = arena.allocate(SIZE_BYTES, 64);
  private final List<NamedDataset> datasets;
  private Positions positions = Positions.NONE; // as in the memory
  private Positions next; // after the step in flight
  private byte[] nextBytes;
  private RangeDesk desk;

  private DatasetTrainer(Trainer inner, WorkerId self, Agent agent, SampleLog log) {
    this.inner = inner;
    this.self = self;
    this.agent = agent;
    this.log = log;
    this.datasets = List.copyOf(inner.datasets());
  }

  /** The same trainer when it names no datasets. */
  static Trainer of(Trainer trainer, WorkerId self, Agent agent, SampleLog log) {
    return trainer.datasets().isEmpty() ? trainer : new DatasetTrainer(trainer, self, agent, log);
  }

  @Override
  public List<NamedTensor> state() {
    var all = new ArrayList<>(inner.state());
    all.add(NamedTensor.replicated(TENSOR, DType.UINT8, new long[] {SIZE_BYTES}, memory));
    return all;
  }

  @Override
  public void place(int rank, int worldSize) {
    inner.place(rank, worldSize);
  }

  @Override
  public Dataset dataset() {
    return inner.dataset();
  }

  @Override
  public List<NamedDataset> datasets() {
    return datasets;
  }

  /** The state is restored. */
  @Override
  public void joined(Communicator communicator) {
    positions = Positions.parse(memory.getString(0));
    desk = new RangeDesk(self, new RoundTrip(agent, communicator), datasets);
    inner.joined(communicator);
  }

  @Override
  public double compute(Step step) {
    if (step.number() == 0) {
      return inner.compute(step.with(_ -> RangeSource.EMPTY)); // a rehearsal
    }
    desk.begin(step.number(), positions);
    double loss = inner.compute(step.with(desk::source));
    next = positions;
    for (var used : UsedRanges.gather(step.communicator(), desk.end())) {
      next = next.used(used.dataset(), used.partition(), used.span());
    }
    desk.used().forEach(u -> log.used(step.communicator().generation(), step.number(), u.line()));
    nextBytes = bytes(next);
    return loss;
  }

  private static byte[] bytes(Positions positions) {
    byte[] bytes = positions.text().getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= SIZE_BYTES) {
      throw new IllegalStateException(
          "positions of datasets take too much room: bytes=%d at most=%d partitions=%d; use fewer partitions or shorter names"
              .formatted(
                  bytes.length,
                  SIZE_BYTES - 1,
                  positions.datasets().values().stream().mapToInt(p -> p.size()).sum()));
    }
    return bytes;
  }

  @Override
  public void apply(Step step) {
    inner.apply(step);
    if (step.number() > 0) {
      memory.fill((byte) 0);
      MemorySegment.copy(MemorySegment.ofArray(nextBytes), 0, memory, 0, nextBytes.length);
      positions = next;
    }
  }

  @Override
  public Evaluation evaluate() {
    return inner.evaluate();
  }

  @Override
  public void close() {
    inner.close();
    arena.close();
  }
}
