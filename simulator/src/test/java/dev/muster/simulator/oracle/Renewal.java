package dev.muster.simulator.oracle;

/**
 * A job that begins again at its newest checkpoint with every failure, in closed form; failures are
 * exponential and may strike while it writes and while it restarts. Times in any one unit.
 *
 * @param failureRate failures per unit
 * @param restart from a failure until it computes again
 * @param interval between two checkpoints
 * @param stall of each
 */
record Renewal(double failureRate, double restart, double interval, double stall) {

  /** Share of the time in which steps that count are computed; the renewal form. */
  double effectiveTime() {
    return failureRate
        * interval
        / (Math.exp(failureRate * restart) * Math.expm1(failureRate * (interval + stall)));
  }

  /** The same to first order (arXiv 2410.21680), right while failures are rare. */
  double firstOrder() {
    return (1 - failureRate * (restart + interval / 2)) / (1 + stall / interval);
  }

  /** Young's optimum of the interval. */
  double young() {
    return Math.sqrt(2 * stall / failureRate);
  }

  Renewal every(double other) {
    return new Renewal(failureRate, restart, other, stall);
  }
}
