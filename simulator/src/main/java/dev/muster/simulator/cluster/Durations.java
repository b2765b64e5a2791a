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
  private int promised; // so many it will learn before it is asked
  private boolean deferred; // those are enough
  private SimulatedGroup group; // looked at last; null: none
  private int members; // each has a duration of its own
  private long firstStep; // of that group, as it was looked at first

  void paced(long stepNs) {
    if (stepNs != paceNs) {
      alike = 0;
      settle();
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

  /**
   * It will learn so many of the present duration, before it is asked.
   *
   * @param members as many at each look
   * @return whether it is as if it had learnt all
   */
  boolean promise(int more, int members) {
    promised += more;
    deferred = isEnough(promised, members);
    return deferred;
  }

  /** From now on only what was played counts. */
  void settle() {
    promised = 0;
    deferred = false;
  }

  static boolean isEnough(int durations, int members) {
    return durations >= looks(members) * members;
  }

  /** How many of the present duration looks so far apart at so many members have seen at least. */
  int taughtBy(SimulatedGroup of, int membersOfIt, long sinceNs, long periodNs, long nowNs) {
    long looks = of.looksAtPace(sinceNs, periodNs, nowNs) - WARM_UP_STEPS - UNSURE;
    return of.stepNs() == paceNs && looks > 0
        ? (int) Math.min(looks, looks(membersOfIt)) * membersOfIt
        : 0;
  }

  void lookAt(SimulatedGroup next, int membersOfIt, long step) {
    firstStep = next == group ? firstStep : step;
    group = next;
    members = membersOfIt;
  }

  /** How many looks that see a step have to be played. */
  int wanted() {
    return areAllTheSame() ? 1 : most();
  }

  /** As many as fill what it remembers. */
  int most() {
    return looks(members);
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
