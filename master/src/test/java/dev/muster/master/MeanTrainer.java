package dev.muster.master;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.worker.GradientBuckets;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Learns the mean of its samples' numbers: one parameter, exact enough to compare bit for bit. */
final class MeanTrainer implements Trainer {
  private final MemorySegment mean = Arena.global().allocate(JAVA_FLOAT);
  private final Applying applying;
  private GradientBuckets gradients;

  /** What a test does when a rank is about to apply a step. */
  interface Applying {
    void at(int rank, long step);
  }

  /**
   * @param applying told each step before it is applied; may throw
   */
  MeanTrainer(Applying applying) {
    this.applying = applying;
  }

  @Override
  public List<NamedTensor> state() {
    return List.of(NamedTensor.replicated("mean", DType.FLOAT32, new long[] {1}, mean));
  }

  @Override
  public Dataset dataset() {
    return new Dataset(100, 12, 1, "samples");
  }

  @Override
  public void joined(Communicator communicator) {
    gradients = new GradientBuckets(communicator, new long[] {1}, 1 << 20);
  }

  @Override
  public double compute(Step step) {
    float gradient = 0;
    for (long sample : step.samples()) {
      gradient += (mean.get(JAVA_FLOAT, 0) - sample) / step.globalSamples();
    }
    gradients.gradient(0).set(JAVA_FLOAT, 0, gradient);
    return gradients.reduceAll(gradient * gradient);
  }

  @Override
  public void apply(Step step) {
    applying.at(step.communicator().rank(), step.number());
    mean.set(
        JAVA_FLOAT, 0, mean.get(JAVA_FLOAT, 0) - 0.1f * gradients.gradient(0).get(JAVA_FLOAT, 0));
  }

  @Override
  public Evaluation evaluate() {
    return new Evaluation(mean.get(JAVA_FLOAT, 0), List.of());
  }
}
