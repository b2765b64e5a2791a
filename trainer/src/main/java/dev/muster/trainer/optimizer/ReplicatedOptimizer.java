package dev.muster.trainer.optimizer;

import dev.muster.collectives.Communicator;
import dev.muster.worker.GradientBuckets;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Every rank holds all moments and makes the same update of all parameters. */
public final class ReplicatedOptimizer implements Optimizer {
  private final AdamW adamW;
  private final ModelState state;
  private final Arena arena = Arena.ofShared();
  private final Moments moments;
  private List<MemorySegment> gradients;

  public ReplicatedOptimizer(AdamW adamW, ModelState state) {
    this.adamW = adamW;
    this.state = state;
    this.moments = Moments.zero(Shard.of(state.layout(), 0, 1), arena);
  }

  @Override
  public List<NamedTensor> moments() {
    return moments.tensors(true);
  }

  @Override
  public void joined(Communicator communicator, GradientBuckets buckets) {
    gradients = buckets.gradients();
  }

  @Override
  public void apply(long step) {
    adamW.apply(state, moments, gradients, step);
  }

  @Override
  public void close() {
    arena.close();
  }
}
