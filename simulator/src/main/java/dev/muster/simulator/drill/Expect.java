package dev.muster.simulator.drill;

import java.util.List;

/**
 * What a drill expects of each seed. A limit of {@link #NONE} is not looked at.
 *
 * @param goodput least share of the horizon in which steps that count were computed
 * @param stepsRedone most of one seed
 * @param never names of things that must not happen
 */
public record Expect(
    double goodput, Limits recover, Limits detect, long stepsRedone, List<Never> never) {
  public static final long NONE = -1;

  public Expect {
    never = List.copyOf(never);
  }

  /** Longest durations at three percentiles over the recoveries of a seed, ns. */
  public record Limits(long p50Ns, long p90Ns, long p99Ns) {
    boolean any() {
      return p50Ns != NONE || p90Ns != NONE || p99Ns != NONE;
    }
  }

  /** What a drill may forbid. */
  public enum Never {
    /** an invariant is broken */
    VIOLATION,
    /** the job ends before the horizon */
    JOB_END,
    /** the same, and not because its faults hung one step too often */
    UNPROVOKED_END,
    /** a new group does not step in time */
    LATE_GROUP,
    /** committed steps are computed again */
    LOST_STEPS;

    /** As it is written: {@code job-end}. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }
}
