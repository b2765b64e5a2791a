package dev.muster.master.job;

/**
 * How many worker processes to start, as a pure function.
 *
 * <p>A hole in the group is filled at once; spares are refilled only while training runs, because a
 * starting process takes CPU from a recovery.
 */
final class Staffing {
  private Staffing() {}

  /**
   * @param members live members of the current group
   * @param ready spares that are ready
   * @param starting processes on their way
   * @param calm whether no recovery is under way
   * @param first whether no group was formed yet
   */
  record View(int members, int ready, int starting, boolean calm, boolean first) {
    int alive() {
      return members + ready + starting;
    }
  }

  record Policy(int workers, int spares, boolean replace) {}

  static int launches(View view, Policy policy) {
    if (view.first()) {
      return missing(policy.workers() + policy.spares(), view);
    }
    if (!policy.replace()) {
      return 0;
    }
    return missing(view.calm() ? policy.workers() + policy.spares() : policy.workers(), view);
  }

  private static int missing(int wanted, View view) {
    return Math.max(0, wanted - view.alive());
  }
}
