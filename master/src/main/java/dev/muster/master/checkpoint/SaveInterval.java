package dev.muster.master.checkpoint;

import dev.muster.master.checkpoint.Interval.Cost;
import dev.muster.master.checkpoint.Interval.Policy;
import dev.muster.master.checkpoint.Interval.Tier;

/**
 * Every how many steps snapshots are made where nobody has said it; pure. The best {@link Interval}
 * on a ladder of doublings: each interval divides all longer ones, so those who have not heard of a
 * change yet still save the steps that all others save. At most a factor of the root of two lies
 * between the best and its nearest rung, which costs 6 % of the overhead.
 *
 * @param steps between two snapshots, a power of two
 * @param reason in words, with figures
 */
public record SaveInterval(int steps, String reason) {
  /** Before anything has been measured. */
  public static final int FIRST = 8;

  /** A job that was lucky so far does not bet more than this, and a request waits no longer. */
  private static final long LONGEST_NS = 300_000_000_000L;

  private static final int LONGEST_STEPS = 1 << 20;

  /**
   * Saves may take one part in so many of the time, also where fewer would be best: before the
   * first failures their rate is a guess, and whatever goes to storage or peers waits for a save.
   */
  private static final long SPARED = 400;

  /** What an interval costs that is twice as long as the best, or half. */
  private static final double HYSTERESIS = 0.25;

  /**
   * @param cost of a snapshot, as measured
   * @param current steps, kept when another interval is hardly better
   */
  public static SaveInterval decide(Cost cost, FailureRate failures, int current) {
    int longest = longest(cost);
    var policy = new Policy(1, longest, HYSTERESIS);
    var best = Interval.decide(Tier.MEMORY, policy, cost, failures, current);
    int steps = best.steps() == current ? current : rung((int) best.steps(), longest);
    return new SaveInterval(steps, best.reason());
  }

  private static int longest(Cost cost) {
    long ns = Math.min(LONGEST_NS, SPARED * Math.min(LONGEST_NS, cost.blockedNs()));
    return (int) Long.highestOneBit(Math.clamp(ns / cost.stepNs(), 1, LONGEST_STEPS));
  }

  /** The nearer one of the two powers of two around it, by their ratio to it. */
  private static int rung(int steps, int longest) {
    int below = Integer.highestOneBit(steps);
    boolean upper = (long) steps * steps > 2L * below * below;
    return Math.min(upper ? 2 * below : below, longest);
  }
}
