package dev.muster.master.checkpoint;

import java.util.Locale;

/**
 * Every how many steps a tier saves; pure. Memory and storage each have their own cost and the
 * failures only they recover from, and are decided apart: what one of them saves shortens no
 * restart from the other.
 *
 * @param steps between two saves, at least 1
 * @param ettr share of time that makes progress, as far as this tier decides it
 * @param reason in words, with figures
 */
public record Interval(long steps, double ettr, String reason) {
  /** No interval yet: the first one meets no hysteresis. */
  public static final long NONE = 0;

  /** Where a snapshot goes. */
  public enum Tier {
    MEMORY,
    STORAGE
  }

  /**
   * @param minSteps never save more often; too low: a wrong measurement saves each step
   * @param maxSteps never save less often; too high: a job that was lucky loses hours
   * @param hysteresis how much more overhead than the best is borne before the interval changes,
   *     0.05 for 5 %; too low: it changes with each measurement, too high: it never does
   */
  public record Policy(long minSteps, long maxSteps, double hysteresis) {
    public Policy {
      if (minSteps < 1 || maxSteps < minSteps || !(hysteresis >= 0)) {
        throw new IllegalArgumentException(
            "impossible interval: minSteps="
                + minSteps
                + " maxSteps="
                + maxSteps
                + " hysteresis="
                + hysteresis
                + "; needed is 1 <= minSteps <= maxSteps, hysteresis >= 0");
      }
    }
  }

  /**
   * What the tier was measured to take.
   *
   * @param blockedNs by which a save delays training
   * @param restartNs from a failure until the step in flight is begun again
   * @param stepNs of a step without a save
   */
  public record Cost(long blockedNs, long restartNs, long stepNs) {
    public Cost {
      if (blockedNs < 0 || restartNs < 0 || stepNs < 1) {
        throw new IllegalArgumentException(
            "impossible cost: blockedNs="
                + blockedNs
                + " restartNs="
                + restartNs
                + " stepNs="
                + stepNs);
      }
    }
  }

  /**
   * The whole rule: the best number of steps within the bounds, unless the present one is within
   * them too and costs hardly more.
   *
   * @param current steps, {@link #NONE} at first
   */
  public static Interval decide(
      Tier tier, Policy policy, Cost cost, FailureRate failures, long current) {
    var renewal = new Renewal(failures.perNs(), cost.blockedNs(), cost.restartNs());
    long free = bestSteps(renewal, cost);
    long best = Math.clamp(free, policy.minSteps(), policy.maxSteps());
    boolean keep = keep(policy, cost, renewal, best, current);
    long steps = keep ? current : best;
    String verdict = keep && steps != best ? " kept, best would be " + best : clamped(free, best);
    return new Interval(
        steps,
        renewal.ettr((double) steps * cost.stepNs()),
        describe(tier, steps, verdict, renewal, cost, failures));
  }

  /** Overhead has one valley, so the best whole number is next to the best real one. */
  private static long bestSteps(Renewal renewal, Cost cost) {
    long below = Math.max(1, (long) (renewal.best() / cost.stepNs()));
    return overhead(renewal, cost, below) <= overhead(renewal, cost, below + 1) ? below : below + 1;
  }

  /** Judged by what it costs, not by its distance: the valley is wide and flat. */
  private static boolean keep(Policy policy, Cost cost, Renewal renewal, long best, long current) {
    return current >= policy.minSteps()
        && current <= policy.maxSteps()
        && overhead(renewal, cost, current)
            <= overhead(renewal, cost, best) * (1 + policy.hysteresis());
  }

  private static double overhead(Renewal renewal, Cost cost, long steps) {
    return renewal.overhead((double) steps * cost.stepNs());
  }

  private static String clamped(long free, long best) {
    if (free == best) {
      return "";
    }
    return free < best ? " (floor, best would be " + free + ")" : " (ceiling, best " + free + ")";
  }

  private static String describe(
      Tier tier, long steps, String verdict, Renewal renewal, Cost cost, FailureRate failures) {
    return String.format(
        Locale.ROOT,
        "%s steps=%d%s overhead=%.3g %% ettr=%.4f: blockedSeconds=%.3g restartSeconds=%.3g"
            + " stepSeconds=%.3g %s",
        tier,
        steps,
        verdict,
        100 * overhead(renewal, cost, steps),
        renewal.ettr((double) steps * cost.stepNs()),
        cost.blockedNs() * 1e-9,
        cost.restartNs() * 1e-9,
        cost.stepNs() * 1e-9,
        failures.describe());
  }
}
