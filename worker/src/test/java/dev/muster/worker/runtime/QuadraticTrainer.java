package dev.muster.worker.runtime;

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
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Linear regression with momentum in native float32 memory; its state has a ballast of several
 * transfer chunks, a different part of which changes each step, so that a half restored state shows
 * in the digest. Where the group has GPUs, its gradients lie there: those of tests are memory of
 * the process, and this thread is their kernels.
 */
final class QuadraticTrainer implements Trainer {
  static final int WIDTH = 24;
  static final long SAMPLES = 100;
  static final int GLOBAL_BATCH = 12;
  private static final long BALLAST = 5 * Restore.CHUNK_BYTES / 2 / 4 + 3;
  private static final long[] PARTS = {10, 14};

  private final Arena arena = Arena.ofShared();
  private final MemorySegment weights = arena.allocate(WIDTH * 4L, 64);
  private final MemorySegment momentum = arena.allocate(WIDTH * 4L, 64);
  private final MemorySegment ballast = arena.allocate(BALLAST * 4, 64);
  private final BiConsumer<Long, Double> committed;
  private final Consumer<Step> midway;
  private GradientBuckets gradients;
  private double loss;

  /**
   * @param committed told step and loss of every step it applies
   */
  QuadraticTrainer(long seed, BiConsumer<Long, Double> committed) {
    this(seed, committed, step -> {});
  }

  /**
   * @param midway told of every step when the first of its two buckets is being reduced
   */
  QuadraticTrainer(long seed, BiConsumer<Long, Double> committed, Consumer<Step> midway) {
    this.midway = midway;
    this.committed = committed;
    for (int i = 0; i < WIDTH; i++) {
      weights.setAtIndex(JAVA_FLOAT, i, feature(seed, i));
    }
  }

  @Override
  public List<NamedTensor> state() {
    return List.of(
        NamedTensor.replicated("weights", DType.FLOAT32, new long[] {WIDTH}, weights),
        NamedTensor.replicated("ballast", DType.FLOAT32, new long[] {BALLAST}, ballast),
        NamedTensor.replicated("momentum", DType.FLOAT32, new long[] {WIDTH}, momentum));
  }

  @Override
  public Dataset dataset() {
    return new Dataset(SAMPLES, GLOBAL_BATCH, 1, "samples");
  }

  @Override
  public void joined(Communicator communicator) {
    gradients =
        communicator
            .onDevice()
            .map(device -> new GradientBuckets(device, () -> 0, PARTS, 1))
            .orElseGet(() -> new GradientBuckets(communicator, PARTS, 1)); // a bucket each
  }

  @Override
  public double compute(Step step) {
    gradients.zero();
    double sum = 0;
    for (long sample : step.samples()) {
      float error = predict(sample) - target(sample);
      sum += error * error;
      for (int i = 0; i < WIDTH; i++) {
        add(i, 2 * error * feature(sample, i));
      }
    }
    gradients.complete(0);
    midway.accept(step);
    loss = gradients.reduceAll((float) sum) / (double) step.globalSamples();
    return loss;
  }

  @Override
  public void apply(Step step) {
    for (int i = 0; i < WIDTH; i++) {
      float m = 0.9f * momentum.getAtIndex(JAVA_FLOAT, i) + gradient(i) / step.globalSamples();
      momentum.setAtIndex(JAVA_FLOAT, i, m);
      weights.setAtIndex(JAVA_FLOAT, i, weights.getAtIndex(JAVA_FLOAT, i) - 0.01f * m);
    }
    ballast.setAtIndex(
        JAVA_FLOAT, step.number() * 7919 % BALLAST, step.number() + weights.get(JAVA_FLOAT, 0));
    committed.accept(step.number(), loss);
  }

  @Override
  public Evaluation evaluate() {
    double sum = 0;
    for (long sample = SAMPLES; sample < SAMPLES + 20; sample++) {
      float error = predict(sample) - target(sample);
      sum += error * error;
    }
    return new Evaluation(sum / 20, List.of("quadratic"));
  }

  @Override
  public void close() {
    arena.close();
  }

  private float predict(long sample) {
    float y = 0;
    for (int i = 0; i < WIDTH; i++) {
      y += weights.getAtIndex(JAVA_FLOAT, i) * feature(sample, i);
    }
    return y;
  }

  private static float target(long sample) {
    float y = 0;
    for (int i = 0; i < WIDTH; i++) {
      y += (i % 5 - 2) * feature(sample, i);
    }
    return y;
  }

  private void add(int i, float value) {
    MemorySegment part = gradients.gradient(i < PARTS[0] ? 0 : 1);
    long at = i < PARTS[0] ? i : i - PARTS[0];
    part.setAtIndex(JAVA_FLOAT, at, part.getAtIndex(JAVA_FLOAT, at) + value);
  }

  private float gradient(int i) {
    return i < PARTS[0]
        ? gradients.gradient(0).getAtIndex(JAVA_FLOAT, i)
        : gradients.gradient(1).getAtIndex(JAVA_FLOAT, i - PARTS[0]);
  }

  private static float feature(long sample, int i) {
    long z = (sample + 1) * 0x9E3779B97F4A7C15L + i * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 30)) * 0x94D049BB133111EBL;
    return ((z >>> 40) & 0xFFFF) / 32768f - 1f;
  }
}
