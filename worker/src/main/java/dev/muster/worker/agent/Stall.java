package dev.muster.worker.agent;

/**
 * How long one member has made no progress, time taken off in which it or the agent could not run;
 * immutable.
 *
 * @param firstStep applied when its group was formed
 * @param seenNs time of the newest look
 */
record Stall(
    long progress, long appliedStep, long firstStep, long starvedNs, long stalledNs, long seenNs) {
  /**
   * At most this part of the time is taken off as starvation. Threads that spin without progress on
   * a loaded machine are starved too: this bounds how much later they are found.
   */
  private static final double MAX_STARVED = 0.9;

  static Stall first(Reading reading, long nowNs) {
    return new Stall(
        reading.progress(),
        reading.appliedStep(),
        reading.appliedStep(),
        reading.starvedNs(),
        0,
        nowNs);
  }

  /**
   * @param intervalNs between looks; a look that comes later than twice this counts as if it had
   *     not
   */
  Stall next(Reading reading, long nowNs, long intervalNs) {
    if (reading.progress() != progress) {
      return new Stall(
          reading.progress(), reading.appliedStep(), firstStep, reading.starvedNs(), 0, nowNs);
    }
    long elapsed = Math.min(nowNs - seenNs, 2 * intervalNs);
    long starved = Math.max(0, reading.starvedNs() - starvedNs);
    long stalled = stalledNs + elapsed - Math.min(starved, (long) (MAX_STARVED * elapsed));
    return new Stall(
        progress, appliedStep, firstStep, Math.max(starvedNs, reading.starvedNs()), stalled, nowNs);
  }

  long stepsInGeneration() {
    return appliedStep - firstStep;
  }
}
