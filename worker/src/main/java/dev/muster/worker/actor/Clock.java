package dev.muster.worker.actor;

/** Monotonic time in ns; {@link #SYSTEM} in production, a counter in tests and drills. */
@FunctionalInterface
public interface Clock {
  Clock SYSTEM = System::nanoTime;

  long nowNs();
}
