package dev.muster.simulator.cluster;

/**
 * What the hang detector of a node remembers: how long its newest steps took. As long as all of
 * them took the same, as many more would change nothing and need not be played.
 */
final class Durations {
  private static final int REMEMBERED = 128;
  private static final int WARM_UP_STEPS = 5; // of a generation, which are forgotten

  private long paceNs; // of a step of its group, from now on
  private int same; // so many of the newest took that long
  private SimulatedGroup group; // looked at last; null: none
  private int members; // each has a duration of its own
  private long firstStep; // of that group, as it was looked at first

  void paced(long stepNs) {
    same = stepNs == paceNs ? same : 0;
    paceNs = stepNs;
  }

  boolean areAllTheSame() {
    return same >= REMEMBERED;
  }

  void lookAt(SimulatedGroup next, int membersOfIt, long step) {
    firstStep = next == group ? firstStep : step;
    group = next;
    members = membersOfIt;
  }

  /** How many looks that see a step have to be played. */
  int wanted() {
    return areAllTheSame() ? 1 : 1 + REMEMBERED / Math.max(1, members);
  }

  void add(long step, long atNs) {
    if (group != null && step - firstStep > WARM_UP_STEPS) {
      same = group.stepNs(atNs) == paceNs ? same + members : 0;
    }
  }
}
