package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.trainer.settings.Settings;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) over flat buffers, with clipping by the global
 * norm.
 *
 * <p>Plain Java in a fixed order of float32 operations: the same bits in the interpreter, in every
 * compiler and on every machine. It works in strips that are copied to the heap, because the
 * interpreter of a freshly started process is many times slower on native memory. One thread.
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
  public record Config(
      LearningRate rate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      double clip) {
    public static Config from(Settings settings, double rate, int warmupSteps, int decaySteps) {
      LearningRate schedule =
          new LearningRate(
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

  /**
   * Updates {@code state}; changes nothing else.
   *
   * @param gradients reduced, one {@code float32} segment per slot of the layout
   */
  public void apply(ModelState state, List<MemorySegment> gradients, long step) {
    double rate = config.rate.at(step);
    float scale = clipScale(GradientNorm.of(gradients, g));
    float correction1 = (float) (1 / (1 - StrictMath.pow(config.beta1, step)));
    float correction2 = (float) (1 / (1 - StrictMath.pow(config.beta2, step)));
    for (int s = 0; s < gradients.size(); s++) {
      Layout.Slot slot = state.layout().slots().get(s);
      float kept = (float) (slot.decayed() ? 1 - rate * config.weightDecay : 1);
      for (int from = 0; from < slot.count(); from += STRIP) {
        int count = Math.min(STRIP, slot.count() - from);
        load(state, slot.offset() + from, gradients.get(s), from, count);
        update(count, scale, kept, (float) rate, correction1, correction2);
        store(state, slot.offset() + from, count);
      }
    }
  }

  private float clipScale(double norm) {
    return norm > config.clip ? (float) (config.clip / norm) : 1f;
  }

  private void load(ModelState state, int at, MemorySegment gradient, int from, int count) {
    long bytes = (long) at * Float.BYTES;
    MemorySegment.copy(state.parameters(), JAVA_FLOAT, bytes, w, 0, count);
    MemorySegment.copy(state.firstMoments(), JAVA_FLOAT, bytes, m, 0, count);
    MemorySegment.copy(state.secondMoments(), JAVA_FLOAT, bytes, v, 0, count);
    MemorySegment.copy(gradient, JAVA_FLOAT, (long) from * Float.BYTES, g, 0, count);
  }

  private void store(ModelState state, int at, int count) {
    long bytes = (long) at * Float.BYTES;
    MemorySegment.copy(w, 0, state.parameters(), JAVA_FLOAT, bytes, count);
    MemorySegment.copy(m, 0, state.firstMoments(), JAVA_FLOAT, bytes, count);
    MemorySegment.copy(v, 0, state.secondMoments(), JAVA_FLOAT, bytes, count);
  }

  private void update(
      int count, float scale, float kept, float rate, float correction1, float correction2) {
    float beta1 = (float) config.beta1;
    float beta2 = (float) config.beta2;
    float fresh1 = 1f - beta1;
    float fresh2 = 1f - beta2;
    float epsilon = (float) config.epsilon;
    for (int i = 0; i < count; i++) {
      float gradient = g[i] * scale;
      m[i] = beta1 * m[i] + fresh1 * gradient;
      v[i] = beta2 * v[i] + fresh2 * gradient * gradient;
      w[i] =
          kept * w[i]
              - rate * (m[i] * correction1) / ((float) Math.sqrt(v[i] * correction2) + epsilon);
    }
  }
}
