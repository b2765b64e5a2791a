package dev.muster.cli.elastic;

import dev.muster.worker.data.Sampler;

/**
 * A number that depends on every sample and on their order, and not on how the samples of a step
 * are dealt to ranks: a polynomial over the mixed indices modulo 2^64 (Karp and Rabin, "Efficient
 * randomized pattern-matching algorithms", 1987). All arithmetic is exact. Pure; any thread.
 */
final class OrderFold {
  private static final long BASE = 6364136223846793005L;

  private OrderFold() {}

  /** The fold of a whole run, from its sampler alone. */
  static long of(Sampler sampler, long steps) {
    long fold = 0;
    for (long step = 1; step <= steps; step++) {
      long[] samples = sampler.share(step, 0, 1);
      fold = after(fold, samples.length, part(samples, 0, samples.length));
    }
    return fold;
  }

  /**
   * What one rank adds to a step; the sum over the ranks is the step's.
   *
   * @param samples this rank's, in order
   * @param from position of the first of them within the step
   * @param count samples of the step over all ranks
   */
  static long part(long[] samples, long from, long count) {
    long value = 0;
    for (long sample : samples) {
      value = value * BASE + mix(sample);
    }
    return value * power(count - from - samples.length);
  }

  /**
   * @param fold over all steps before
   * @param step sum of its parts
   */
  static long after(long fold, long count, long step) {
    return fold * power(count) + step;
  }

  private static long power(long exponent) {
    long result = 1;
    long square = BASE;
    for (long left = exponent; left > 0; left >>= 1) {
      result *= (left & 1) == 1 ? square : 1;
      square *= square;
    }
    return result;
  }

  /** SplitMix64's finalizer: neighbours share no bits. */
  private static long mix(long sample) {
    long z = (sample + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
