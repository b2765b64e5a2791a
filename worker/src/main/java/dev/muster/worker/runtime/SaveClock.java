package dev.muster.worker.runtime;

/** By how much a save delays training: the parts of it in which the step thread waits. */
final class SaveClock {
  /**
   * Least share of a copy that counts: also one that is hidden takes processor and memory from the
   * step beside it, 1/28 to 1/18 of its length where that was measured (benchmarks/results,
   * checkpoint).
   */
  private static final int SEEN_SHARE = 20;

  private long blockedNs;
  private long sinceNs;

  /** A save begins; the step thread works for it. */
  void begin() {
    blockedNs = 0;
    go();
  }

  void go() {
    sinceNs = System.nanoTime();
  }

  void pause() {
    blockedNs += System.nanoTime() - sinceNs;
  }

  /**
   * @param copyNs of the copy, hidden or not
   */
  long blockedNs(long copyNs) {
    return Math.max(blockedNs, copyNs / SEEN_SHARE);
  }
}
