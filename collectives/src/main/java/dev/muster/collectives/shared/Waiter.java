package dev.muster.collectives.shared;

import java.util.concurrent.locks.LockSupport;

/**
 * How a rank waits for its peers when ranks may outnumber cores: spin for a peer that is just
 * arriving, yield for one that needs this core, then park for longer the longer the wait already
 * lasts. One thread, one wait.
 *
 * <p>A peer that is at work on another core comes within a few µs: then spinning is fastest, and a
 * yield would hand the core to a stranger. With more ranks than cores the awaited one may need this
 * very core, so we spin hardly at all. Yields go on for as long as a call of some MiB takes,
 * because a park of 20 µs is one of 70 µs and more (the kernel's timer slack). Parks end at 250 µs,
 * so an idle rank costs a few percent of a core and still sees a revoke within a millisecond.
 */
final class Waiter {
  private static final int CORES = Runtime.getRuntime().availableProcessors();
  private static final int SPINS = 200;
  private static final int SPINS_CROWDED = 20;
  private static final long YIELD_NS = 300_000;
  private static final long PARK_NS_MIN = 20_000;
  private static final long PARK_NS_MAX = 250_000;

  private final int spins;
  private int polls;
  private long sinceNs; // spinning ended
  private boolean interrupted;

  /**
   * @param ranks that may need a core
   */
  Waiter(int ranks) {
    spins = ranks <= CORES ? SPINS : SPINS_CROWDED;
  }

  void idle() {
    if (++polls <= spins) {
      Thread.onSpinWait();
      return;
    }
    long nowNs = System.nanoTime();
    if (polls == spins + 1) {
      sinceNs = nowNs;
    }
    if (nowNs - sinceNs < YIELD_NS) {
      Thread.yield();
    } else {
      park(nowNs - sinceNs);
    }
  }

  private void park(long waitedNs) {
    interrupted |=
        Thread.interrupted(); // an interrupted thread does not park: it would burn its core
    LockSupport.parkNanos(Math.clamp(waitedNs / 4, PARK_NS_MIN, PARK_NS_MAX));
  }

  /** The wait is over: gives an interrupt that came meanwhile back to the thread. */
  void done() {
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
