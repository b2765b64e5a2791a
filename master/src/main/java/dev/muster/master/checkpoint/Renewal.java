package dev.muster.master.checkpoint;

/**
 * The share of time that makes progress, for exponential failures that may also come while saving
 * and restarting: each interval is tried until it succeeds, so that its expected duration is {@code
 * e^(rate restart) (e^(rate (interval + blocked)) - 1) / rate}.
 *
 * <p>Source: the exact companion to the first-order form of Meta's reliability study (HPCA 2025).
 * All times in nanoseconds.
 *
 * @param rate failures per nanosecond, above 0
 * @param blocked what a save takes of the step
 * @param restart from a failure until work goes on
 */
record Renewal(double rate, double blocked, double restart) {

  /** Effective training time ratio: 1 is all of it. */
  double ettr(double interval) {
    return Math.exp(-rate * restart) / (1 + overhead(interval));
  }

  /**
   * What saving and redoing add to each unit of progress; restarts multiply it and move no best.
   */
  double overhead(double interval) {
    return Math.expm1(rate * (interval + blocked)) / (rate * interval) - 1;
  }

  /**
   * The interval with the least overhead. Its derivative is zero where {@code 1 - e^-(x + c) = x},
   * with {@code x = rate interval} and {@code c = rate blocked}. The left side less the right falls
   * from above 0 at 0 to below it at 1 and is concave, so halving finds the one root.
   */
  double best() {
    double c = rate * blocked;
    double low = 0;
    double high = 1;
    for (int i = 0; i < Double.PRECISION + 10; i++) {
      double x = (low + high) / 2;
      boolean below = -Math.expm1(-x - c) > x;
      low = below ? x : low;
      high = below ? high : x;
    }
    return high / rate;
  }

  /** The usual approximation {@code sqrt(2 blocked / rate)}, good while failures are rare. */
  double firstOrderBest() {
    return Math.sqrt(2 * blocked / rate);
  }
}
