package dev.muster.master.job;

/**
 * When a group that is smaller than wanted ends for the sake of ready workers outside of it. Those
 * of a node that has come back are ready one after the other, and a gathering waits for all that
 * start: ended at the first of them, nobody would train until the last is there. Pure.
 */
final class Growth {
  private Growth() {}

  /**
   * @param missing how many members the group could take
   * @param spares ready workers outside of it
   * @param starting processes launched and not ready yet
   * @param spareSinceNs since when the first of the spares is ready
   */
  record View(int missing, int spares, int starting, long spareSinceNs) {}

  /**
   * For how long the smaller group goes on; 0: it ends now.
   *
   * @param limitNs too short: the group ends again for those that come later; too long: a process
   *     that never gets ready keeps the others out
   */
  static long waitNs(View view, long limitNs, long nowNs) {
    boolean allThere = view.starting() == 0 || view.spares() >= view.missing();
    return allThere ? 0 : Math.max(0, view.spareSinceNs() + limitNs - nowNs);
  }
}
