package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.trainer.settings.Settings;
import java.lang.foreign.MemorySegment;

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) over flat buffers, with clipping by the global norm.
 *
 * <p>Plain Java in a fixed order of float32 operations: the same bits in the interpreter, in every compiler and on every machine. It works in strips
 * that are copied to the heap, because the interpreter of a freshly started process is many times slower on native memory. One thread.
 */
public final class AdamW {
  private static final int STRIP = 4096;

  private final Config config;
  private final float[] w = new float[STRIP];
  private final float[] m = new float[STRIP];
  private final float[] v = new float[STRIP];
  private final float[] g = new float[STRIP];

  public AdamW(Config config) {
    this.config = config;
  }

  /**
   * @param weightDecay per step, times the learning rate; matrices only
   * @param clip largest global norm of the gradients; larger ones are scaled down to it
   */
  public record Config(LearningRate rate, double beta1, double beta2, double epsilon, double weightDecay, double clip) {
    public static Config from(Settings settings, double rate, int warmupSteps, int decaySteps) {
      LearningRate schedule = new LearningRate(
          settings.number("learning-rate", rate, 1e-7, 10),
          settings.integer("warmup-steps", warmupSteps, 0, Integer.MAX_VALUE),
          settings.integer("decay-steps", decaySteps, 1, Integer.MAX_VALUE));
      return new Config(
          schedule,
          settings.number("beta1", 0.9, 0, 0.9999),
          settings.number("beta2", 0.99, 0, 0.99999),
          1e-8,
          settings.number("weight-decay", 0.1, 0, 1),
          settings.number("clip", 1.0, 1e-6, 1e6));
    }
  }

  /** Updates {@code state} by the reduced gradients {@code float32[layout.floats]}; changes nothing else. */
  public void apply(ModelState state, MemorySegment gradients, long step) {
    double rate = config.rate.at(step);
    float scale = clipScale(GradientNorm.of(gradients, state.layout().floats(), g));
    float correction1 = (float) (1 / (1 - StrictMath.pow(config.beta1, step)));
    float correction2 = (float) (1 / (1 - StrictMath.pow(config.beta2, step)));
    for (Layout.Slot slot : state.layout().slots()) {
      float kept = (float) (slot.decayed() ? 1 - rate * config.weightDecay : 1);
      for (int from = slot.offset(), end = from + slot.count(); from < end; from += STRIP) {
        strip(state, gradients, from, Math.min(STRIP, end - from), scale, kept, (float) rate, correction1, correction2);
      }
    }
  }

  private float clipScale(double norm) {
    return norm > config.clip ? (float) (config.clip / norm) : 1f;
  }

  private void strip(ModelState state, MemorySegment gradients, int from, int count, float scale, float kept, float rate, float correction1, float correction2) {
    long at = (long) from * Float.BYTES;
    MemorySegment.copy(state.parameters(), JAVA_FLOAT, at, w, 0, count);
    MemorySegment.copy(state.firstMoments(), JAVA_FLOAT, at, m, 0, count);
    MemorySegment.copy(state.secondMoments(), JAVA_FLOAT, at, v, 0, count);
    MemorySegment.copy(gradients, JAVA_FLOAT, at, g, 0, count);
    update(count, scale, kept, rate, correction1, correction2);
    MemorySegment.copy(w, 0, state.parameters(), JAVA_FLOAT, at, count);
    MemorySegment.copy(m, 0, state.firstMoments(), JAVA_FLOAT, at, count);
    MemorySegment.copy(v, 0, state.secondMoments(), JAVA_FLOAT, at, count);
  }

  private void update(int count, float scale, float kept, float rate, float correction1, float correction2) {
    float beta1 = (float) config.beta1;
    float beta2 = (float) config.beta2;
    float fresh1 = 1f - beta1;
    float fresh2 = 1f - beta2;
    float epsilon = (float) config.epsilon;
    for (int i = 0; i < count; i++) {
      float gradient = g[i] * scale;
      m[i] = beta1 * m[i] + fresh1 * gradient;
      v[i] = beta2 * v[i] + fresh2 * gradient * gradient;
      w[i] = kept * w[i] - rate * (m[i] * correction1) / ((float) Math.sqrt(v[i] * correction2) + epsilon);
    }
  }
}
