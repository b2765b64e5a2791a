package dev.muster.worker.runtime;

/** The parts of a save in which the step thread does nothing else. */
final class SaveClock {
  private long waitedNs;
  private long sinceNs;

  /** A save begins; the step thread works for it. */
  void begin() {
    waitedNs = 0;
    go();
  }

  void go() {
    sinceNs = System.nanoTime();
  }

  void pause() {
    waitedNs += System.nanoTime() - sinceNs;
  }

  long waitedNs() {
    return waitedNs;
  }
}
