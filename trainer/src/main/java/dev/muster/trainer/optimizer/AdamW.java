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
   * Where an update goes; may be the memory it comes from.
   *
   * @param parameters one segment per slot of the layout, of which only the shards' rows are
   *     written
   * @param moments of the same shards
   */
  record Target(List<MemorySegment> parameters, Moments moments) {}

  /** Factors of one step, the same for all elements. */
  private record Factors(float scale, float rate, float correction1, float correction2) {}

  /** One shard in the three arrays, {@code float32[shard.count]} each. */
  private record Part(MemorySegment w, MemorySegment m, MemorySegment v) {
    static Part of(List<MemorySegment> parameters, Moments moments, int s) {
      return new Part(
          rows(parameters, moments.shards().get(s)),
          moments.first().get(s),
          moments.second().get(s));
    }
  }

  private static MemorySegment rows(List<MemorySegment> bySlot, Shard shard) {
    return bySlot
        .get(shard.index())
        .asSlice((long) shard.from() * Float.BYTES, (long) shard.count() * Float.BYTES);
  }

  /** Updates parameters and moments of the moments' shards in place. */
  void apply(
      ModelState state, Moments moments, List<MemorySegment> gradients, double norm, long step) {
    update(state, moments, gradients, norm, step, new Target(state.bySlot(), moments));
  }

  /**
   * Writes {@code target}; changes nothing else.
   *
   * @param moments of the shards to update
   * @param gradients one {@code float32} segment per slot of the layout, reduced in these shards
   * @param norm of all gradients
   * @param step 1-based
   */
  void update(
      ModelState state,
      Moments moments,
      List<MemorySegment> gradients,
      double norm,
      long step,
      Target target) {
    Factors factors = factors(norm, step);
    List<MemorySegment> parameters = state.bySlot();
    for (int s = 0; s < moments.shards().size(); s++) {
      Shard shard = moments.shards().get(s);
      update(
          Part.of(parameters, moments, s),
          rows(gradients, shard),
          Part.of(target.parameters, target.moments, s),
          factors,
          kept(shard.slot(), step));
    }
  }

  private Factors factors(double norm, long step) {
    return new Factors(
        clipScale(norm),
        (float) config.rate.at(step),
        (float) (1 / (1 - StrictMath.pow(config.beta1, step))),
        (float) (1 / (1 - StrictMath.pow(config.beta2, step))));
  }

  private float clipScale(double norm) {
    return norm > config.clip ? (float) (config.clip / norm) : 1f;
  }

  private float kept(Layout.Slot slot, long step) {
    return (float) (slot.decayed() ? 1 - config.rate.at(step) * config.weightDecay : 1);
  }

  /** A strip is read before it is written, so the target may be where it comes from. */
  private void update(Part from, MemorySegment gradient, Part to, Factors factors, float kept) {
    long bytes = gradient.byteSize();
    for (long at = 0; at < bytes; at += STRIP * Float.BYTES) {
      int count = (int) Math.min(STRIP, (bytes - at) / Float.BYTES);
      MemorySegment.copy(from.w, JAVA_FLOAT, at, w, 0, count);
      MemorySegment.copy(from.m, JAVA_FLOAT, at, m, 0, count);
      MemorySegment.copy(from.v, JAVA_FLOAT, at, v, 0, count);
      MemorySegment.copy(gradient, JAVA_FLOAT, at, g, 0, count);
      update(count, factors, kept);
      MemorySegment.copy(w, 0, to.w, JAVA_FLOAT, at, count);
      MemorySegment.copy(m, 0, to.m, JAVA_FLOAT, at, count);
      MemorySegment.copy(v, 0, to.v, JAVA_FLOAT, at, count);
    }
  }

  private void update(int count, Factors factors, float kept) {
    float scale = factors.scale;
    float rate = factors.rate;
    float correction1 = factors.correction1;
    float correction2 = factors.correction2;
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
