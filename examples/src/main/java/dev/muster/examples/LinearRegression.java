package dev.muster.examples;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.worker.GradientBuckets;
import dev.muster.worker.Muster;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Learns the slope of y = 3x. Start it with {@code ./muster run --managed -- java …}. */
public final class LinearRegression implements Trainer {
  private final MemorySegment slope = Arena.global().allocate(JAVA_FLOAT);
  private GradientBuckets gradients;

  public static void main(String[] args) {
    Muster.train((settings, seed) -> new LinearRegression());
  }

  @Override
  public List<NamedTensor> state() {
    return List.of(NamedTensor.replicated("slope", DType.FLOAT32, new long[] {1}, slope));
  }

  @Override
  public Dataset dataset() {
    return new Dataset(1000, 64, 1, "points");
  }

  @Override
  public void joined(Communicator communicator) {
    gradients = new GradientBuckets(communicator, new long[] {1}, 1 << 20);
  }

  @Override
  public double compute(Step step) {
    float loss = 0;
    float gradient = 0;
    for (long[] samples = step.next(); samples.length > 0; samples = step.next()) {
      for (long sample : samples) {
        float x = sample / 1000f;
        float error = slope.get(JAVA_FLOAT, 0) * x - 3 * x;
        loss += error * error / step.globalSamples();
        gradient += 2 * error * x / step.globalSamples();
      }
    }
    gradients.gradient(0).set(JAVA_FLOAT, 0, gradient);
    return gradients.reduceAll(loss);
  }

  @Override
  public void apply(Step step) {
    float gradient = gradients.gradient(0).get(JAVA_FLOAT, 0);
    slope.set(JAVA_FLOAT, 0, slope.get(JAVA_FLOAT, 0) - 0.5f * gradient);
  }
}
