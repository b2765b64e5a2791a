package dev.muster.collectives;

import java.util.concurrent.locks.LockSupport;

/**
 * How a rank waits for its peers when ranks may outnumber cores: spin for a peer that is just
 * arriving, yield for one that needs this core, then park for longer the longer the wait already
 * lasts. One thread, one wait.
 *
 * <p>The spins are worth about 10 µs. Parks start at 20 µs, so a wait of a normal step costs little
 * latency, and end at 250 µs, so an idle rank costs less than 2 % of a core and still sees a revoke
 * within a millisecond.
 */
final class Waiter {
  private static final int SPINS = Runtime.getRuntime().availableProcessors() > 1 ? 200 : 0;
  private static final int YIELDS = 50;
  private static final long PARK_NS_MIN = 20_000;
  private static final long PARK_NS_MAX = 250_000;

  private int polls;
  private long parkedSinceNs;
  private boolean interrupted;

  void idle() {
    polls++;
    if (polls <= SPINS) {
      Thread.onSpinWait();
    } else if (polls <= SPINS + YIELDS) {
      Thread.yield();
    } else {
      park();
    }
  }

  private void park() {
    long nowNs = System.nanoTime();
    if (polls == SPINS + YIELDS + 1) {
      parkedSinceNs = nowNs;
    }
    interrupted |=
        Thread.interrupted(); // an interrupted thread does not park: it would burn its core
    LockSupport.parkNanos(Math.clamp((nowNs - parkedSinceNs) / 4, PARK_NS_MIN, PARK_NS_MAX));
  }

  /** The wait is over: gives an interrupt that came meanwhile back to the thread. */
  void done() {
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
