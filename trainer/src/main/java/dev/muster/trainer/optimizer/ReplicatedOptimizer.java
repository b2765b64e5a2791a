package dev.muster.trainer.optimizer;

import dev.muster.collectives.Communicator;
import dev.muster.worker.GradientBuckets;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/** Every rank holds all moments and makes the same update of all parameters. */
public final class ReplicatedOptimizer implements Optimizer {
  /** Two or three fit a core's cache. */
  private static final long BUCKET_BYTES = 1 << 20;

  private final AdamW adamW;
  private final ModelState state;
  private final GradientNorm norm;
  private final Arena arena = Arena.ofShared();
  private final Moments moments;
  private final MemorySegment squares;
  private GradientBuckets buckets;
  private List<MemorySegment> gradients;

  public ReplicatedOptimizer(AdamW adamW, ModelState state) {
    this.adamW = adamW;
    this.state = state;
    this.norm = new GradientNorm(state.layout());
    this.moments = Moments.zero(Shard.of(state.layout(), 0, 1), arena);
    this.squares = arena.allocate(GradientNorm.sizeBytes(state.layout()), Double.BYTES);
  }

  /** Of the shared region, whatever the world size. */
  public static long sharedBytes(Layout layout) {
    return GradientBuckets.sizeBytes(layout.counts());
  }

  @Override
  public List<NamedTensor> moments() {
    return moments.tensors(true);
  }

  @Override
  public void joined(Communicator communicator) {
    buckets = new GradientBuckets(communicator, reversed(state.layout().counts()), BUCKET_BYTES);
    gradients = buckets.gradients().reversed();
  }

  /** Backward completes the last slots first. */
  private static long[] reversed(long[] counts) {
    return IntStream.range(0, counts.length)
        .mapToLong(p -> counts[counts.length - 1 - p])
        .toArray();
  }

  @Override
  public void complete(int slot) {
    buckets.complete(gradients.size() - 1 - slot);
  }

  @Override
  public List<MemorySegment> cleared() {
    buckets.zero();
    return gradients;
  }

  @Override
  public float reduce(float lossPart) {
    return buckets.reduceAll(lossPart);
  }

  /** Nothing to share: all ranks hold the same gradients. */
  @Override
  public void prepare(long step) {}

  @Override
  public void apply(long step) {
    norm.squares(moments.shards(), gradients, squares);
    adamW.apply(state, moments, gradients, norm.of(squares), step);
  }

  @Override
  public void close() {
    arena.close();
  }
}
