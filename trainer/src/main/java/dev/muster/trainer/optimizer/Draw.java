package dev.muster.trainer.optimizer;

/** Random draws as a function of (seed, index), so that any process can repeat any of them. */
final class Draw {
  private static final double MEAN_OF_FOUR = 2.0;
  private static final double DEVIATION_OF_FOUR = StrictMath.sqrt(4.0 / 12.0);
  private static final double UNIT = 0x1p-16;

  private Draw() {}

  /** SplitMix64 (Steele, Lea, Flood 2014) at position {@code index}. */
  static long bits(long seed, long index) {
    long z = seed + 0x9E3779B97F4A7C15L * (index + 1);
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /**
   * Mean 0, deviation 1: a sum of four uniform draws. Close enough to a normal one for weights, and
   * without logarithms, so start-up stays fast.
   */
  static double bell(long seed, long index) {
    long bits = bits(seed, index);
    double sum =
        ((bits & 0xFFFF) + 0.5) * UNIT
            + ((bits >>> 16 & 0xFFFF) + 0.5) * UNIT
            + ((bits >>> 32 & 0xFFFF) + 0.5) * UNIT
            + ((bits >>> 48) + 0.5) * UNIT;
    return (sum - MEAN_OF_FOUR) / DEVIATION_OF_FOUR;
  }
}
