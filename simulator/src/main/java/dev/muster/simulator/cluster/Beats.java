package dev.muster.simulator.cluster;

/**
 * When the beats of one node are due that are computed instead of played: the first one, and then
 * one every period.
 *
 * @param firstNs when the next beat was due as beats stopped being played
 * @param periodNs from one beat to the next
 */
record Beats(long firstNs, long periodNs) {
  /** The newest at or before {@code nowNs}; negative when none was due by then. */
  long newest(long nowNs) {
    return nowNs < firstNs ? -1 : (nowNs - firstNs) / periodNs;
  }

  long dueNs(long index) {
    return firstNs + index * periodNs;
  }

  /** When the first one after {@code nowNs} is due. */
  long nextNs(long nowNs) {
    return dueNs(newest(nowNs) + 1);
  }
}
