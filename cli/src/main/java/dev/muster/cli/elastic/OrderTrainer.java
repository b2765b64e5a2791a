package dev.muster.cli.elastic;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.Stream;
import dev.muster.worker.Muster;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Trains nothing: its state is the {@link OrderFold} of all samples of committed steps, so that one
 * sample too many, too few or out of place shows in the end.
 *
 * <p>Steps take a while, as a model's would. While the world is not yet the largest, those of the
 * last third take longer: new workers may still be starting.
 */
public final class OrderTrainer implements Trainer {
  private static final long LATE_NS = TimeUnit.SECONDS.toNanos(3);
  private static final long FOLD = 0;
  private static final long SAMPLES = 8;
  private static final long STEPS = 16;
  private static final long STATE_BYTES = 24;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment state = arena.allocate(STATE_BYTES, 64);
  private final Dataset dataset;
  private final long lateFrom;
  private final int largestWorld;
  private final long paceNs;
  private MemorySegment sum;

  private OrderTrainer(Map<String, String> settings) {
    dataset =
        new Dataset(number(settings, "samples"), (int) number(settings, "batch"), 1, "samples");
    lateFrom = number(settings, "late-from");
    largestWorld = (int) number(settings, "largest-world");
    paceNs = TimeUnit.MILLISECONDS.toNanos(number(settings, "pace-ms"));
  }

  private static long number(Map<String, String> settings, String name) {
    return Long.parseLong(settings.get(name));
  }

  public static void main(String[] args) {
    Muster.train((settings, seed) -> new OrderTrainer(settings));
  }

  /** int64[3]: fold, samples, steps. */
  @Override
  public List<NamedTensor> state() {
    return List.of(NamedTensor.replicated("order", DType.INT64, new long[] {3}, state));
  }

  @Override
  public Dataset dataset() {
    return dataset;
  }

  @Override
  public void joined(Communicator communicator) {
    sum = communicator.allocate(Long.BYTES);
  }

  @Override
  public double compute(Step step) {
    var ranks = step.communicator();
    rest(step.number(), ranks.worldSize());
    long from = Slices.of(step.globalSamples(), ranks.rank(), ranks.worldSize()).from();
    sum.set(JAVA_LONG, 0, OrderFold.part(step.samples(), from, step.globalSamples()));
    ranks.allReduce(new Buffer(sum, DType.INT64), ReduceOp.SUM, Stream.NONE).await();
    return 0;
  }

  /** A rehearsal, step 0, need not wait. */
  private void rest(long step, int world) {
    if (step > 0) {
      boolean late = step >= lateFrom && world < largestWorld;
      LockSupport.parkNanos(late ? LATE_NS : paceNs);
    }
  }

  @Override
  public void apply(Step step) {
    long count = step.globalSamples();
    set(FOLD, OrderFold.after(get(FOLD), count, sum.get(JAVA_LONG, 0)));
    set(SAMPLES, get(SAMPLES) + count);
    set(STEPS, get(STEPS) + 1);
  }

  private long get(long at) {
    return state.get(JAVA_LONG, at);
  }

  private void set(long at, long value) {
    state.set(JAVA_LONG, at, value);
  }

  @Override
  public Evaluation evaluate() {
    return new Evaluation(Double.NaN, List.of(report(get(FOLD), get(SAMPLES), get(STEPS))));
  }

  /** The line of the result that says what the state holds. */
  static String report(long fold, long samples, long steps) {
    return "order: fold=%016x samples=%d steps=%d".formatted(fold, samples, steps);
  }

  @Override
  public void close() {
    arena.close();
  }
}
