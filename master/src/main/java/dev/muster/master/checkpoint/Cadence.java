package dev.muster.master.checkpoint;

import dev.muster.master.checkpoint.Interval.Cost;
import dev.muster.master.checkpoint.Interval.Policy;
import dev.muster.master.checkpoint.Interval.Tier;

/**
 * How long after a round began the next one of its tier is due; pure. {@link Interval} within
 * bounds of time.
 *
 * @param steps that are made meanwhile; {@link Interval#NONE} when that is not known yet
 * @param reason in words, with figures
 */
public record Cadence(long intervalNs, long steps, String reason) {
  /** More often is of no use: a restart takes about as long. */
  public static final long MIN_NS = 10_000_000_000L;

  /** A job that was lucky so far does not bet more than this. */
  public static final long MAX_NS = 1_800_000_000_000L;

  /** Nothing is chosen yet. */
  public static final Cadence NONE = new Cadence(0, Interval.NONE, "");

  private static final double HYSTERESIS = 0.05;

  /** At most half of the time a round is under way. */
  private static final int ROUNDS_APART = 2;

  /**
   * The first round comes soon, to be measured; then the interval with the least overhead, unless
   * the present one costs hardly more.
   *
   * @param restartNs from a failure until training goes on
   */
  public static Cadence decide(
      Tier tier, RoundCosts costs, long restartNs, FailureRate failures, Cadence current) {
    if (!costs.known()) {
      return new Cadence(MIN_NS, Interval.NONE, tier + " no round has been measured yet");
    }
    var cost = new Cost(costs.blockedNs(), restartNs, costs.stepNs());
    var interval = Interval.decide(tier, policy(costs), cost, failures, current.steps());
    long ns = Math.multiplyExact(interval.steps(), costs.stepNs());
    return new Cadence(ns, interval.steps(), interval.reason() + rounds(costs));
  }

  /** The bounds in steps; a step longer than the upper one still saves every one. */
  private static Policy policy(RoundCosts costs) {
    long leastNs = Math.max(MIN_NS, ROUNDS_APART * costs.lastNs());
    long least = Math.ceilDiv(leastNs, costs.stepNs());
    return new Policy(least, Math.max(least, MAX_NS / costs.stepNs()), HYSTERESIS);
  }

  private static String rounds(RoundCosts costs) {
    return String.format(
        java.util.Locale.ROOT,
        " rounds=%d lastRoundSeconds=%.3g",
        costs.rounds(),
        costs.lastNs() * 1e-9);
  }

  /** Whether it is longer or shorter by more than a fifth. */
  public boolean differs(Cadence other) {
    return Math.abs(intervalNs - other.intervalNs) > other.intervalNs / 5;
  }
}
