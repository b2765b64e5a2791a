package dev.muster.cli.abort;

import java.util.concurrent.locks.LockSupport;

/**
 * How fast this machine wakes a thread, for comparison: one that another unparks, and one that
 * parks for a time.
 */
final class WakeUps {
  private static final long ASLEEP_NS = 300_000;
  private static final long PARK_NS = 50_000;

  private WakeUps() {}

  /** From the unpark to the other thread's return. */
  static Quantiles unparks(int rounds) throws InterruptedException {
    var quantiles = new Quantiles();
    var sleeper = new Sleeper(rounds, quantiles);
    var thread = Thread.ofPlatform().start(sleeper);
    for (int i = 0; i < rounds; i++) {
      while (sleeper.woken < i) {
        Thread.onSpinWait();
      }
      LockSupport.parkNanos(ASLEEP_NS);
      sleeper.atNs = System.nanoTime();
      LockSupport.unpark(thread);
    }
    thread.join();
    return quantiles;
  }

  private static final class Sleeper implements Runnable {
    private final int rounds;
    private final Quantiles quantiles;
    private volatile int woken;
    private volatile long atNs;

    Sleeper(int rounds, Quantiles quantiles) {
      this.rounds = rounds;
      this.quantiles = quantiles;
    }

    @Override
    public void run() {
      for (int i = 0; i < rounds; i++) {
        while (atNs == 0) {
          LockSupport.park();
        }
        quantiles.add(System.nanoTime() - atNs);
        atNs = 0;
        woken = i + 1;
      }
    }
  }

  /** How much longer than asked for a short park takes. */
  static Quantiles parks(int rounds) {
    var quantiles = new Quantiles();
    for (int i = 0; i < rounds; i++) {
      long startNs = System.nanoTime();
      LockSupport.parkNanos(PARK_NS);
      quantiles.add(System.nanoTime() - startNs - PARK_NS);
    }
    return quantiles;
  }
}
