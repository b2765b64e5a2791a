package dev.muster.worker.process;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for processes that are not children of this one to end; only looking again tells. */
final class Gone {
  private static final long LOOK_NS = 2_000_000;

  private Gone() {}

  /**
   * Returns when there is no such process, or only its zombie; a test's time-out ends it otherwise.
   */
  static void await(long pid) {
    until("pid " + pid + " is gone", () -> ProcessStat.of(pid).filter(s -> !s.zombie()).isEmpty());
  }

  static void until(String what, BooleanSupplier holds) {
    while (!holds.getAsBoolean()) {
      if (Thread.interrupted()) {
        throw new AssertionError("never came true: " + what);
      }
      LockSupport.parkNanos(LOOK_NS);
    }
  }
}
