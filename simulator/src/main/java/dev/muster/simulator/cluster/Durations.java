package dev.muster.simulator.cluster;

/**
 * What the hang detector of a node remembers: how long its newest steps took. As long as all of
 * them took the same, as many more would change nothing and need not be played.
 */
final class Durations {
  private static final int REMEMBERED = 128;
  private static final int WARM_UP_STEPS = 5; // of a generation, which are forgotten
  private static final int UNSURE = 4; // looks at the beginning and at the end

  private long paceNs; // of a step of its group, from now on
  private long newestNs; // of the newest that it has seen
  private int alike; // so many of the newest took that long
  private boolean deferred;
  private SimulatedGroup group; // looked at last; null: none
  private int members; // each has a duration of its own
  private long firstStep; // of that group, as it was looked at first

  void paced(long stepNs) {
    if (stepNs != paceNs) {
      alike = 0;
      deferred = false;
      paceNs = stepNs;
    }
  }

  /** Whether no step of the present duration can change anything, now or once it has learnt. */
  boolean areAllTheSame() {
    return deferred || learnt() && newestNs == paceNs;
  }

  /** Whether all that it remembers took the same. */
  boolean learnt() {
    return alike >= REMEMBERED;
  }

  /** As if it had learnt from steps of this duration: it will, before it is asked. */
  void defer() {
    deferred = true;
  }

  /** From now on only what was played counts. */
  void settle() {
    deferred = false;
  }

  /** Whether looks so far apart at so many members have seen enough steps of present duration. */
  boolean teaches(SimulatedGroup of, int membersOfIt, long sinceNs, long periodNs, long nowNs) {
    return of.stepNs() == paceNs
        && of.looksAtPace(sinceNs, periodNs, nowNs) >= looks(membersOfIt) + WARM_UP_STEPS + UNSURE;
  }

  void lookAt(SimulatedGroup next, int membersOfIt, long step) {
    firstStep = next == group ? firstStep : step;
    group = next;
    members = membersOfIt;
  }

  /** How many looks that see a step have to be played. */
  int wanted() {
    return areAllTheSame() ? 1 : looks(members);
  }

  private static int looks(int members) {
    return 1 + REMEMBERED / Math.max(1, members);
  }

  void add(long step, long atNs) {
    if (group != null && step - firstStep > WARM_UP_STEPS) {
      long tookNs = group.stepNs(atNs);
      alike = tookNs == newestNs ? alike + members : members;
      newestNs = tookNs;
    }
  }
}
