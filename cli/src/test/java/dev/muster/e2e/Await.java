package dev.muster.e2e;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits for something that only files and process tables tell, by looking again and again until a
 * deadline.
 */
final class Await {
  static final Duration LONG = Duration.ofSeconds(150);
  private static final long LOOK_NS = 2_000_000;

  private Await() {}

  /** A look that may fail; empty or false means not yet. */
  interface Look<T> {
    T look() throws Exception;
  }

  /**
   * The first value that is there, or empty when the time is over. Looks once more after the
   * deadline.
   */
  static <T> Optional<T> value(Duration limit, Look<Optional<T>> look) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      boolean last = System.nanoTime() - deadline >= 0;
      var value = once(look);
      if (value.isPresent() || last) {
        return value;
      }
      LockSupport.parkNanos(LOOK_NS);
    }
  }

  /** Whether it came true in time. */
  static boolean that(Duration limit, Look<Boolean> look) {
    return value(limit, () -> look.look() ? Optional.of(true) : Optional.empty()).isPresent();
  }

  private static <T> T once(Look<T> look) {
    try {
      return look.look();
    } catch (Exception e) {
      throw new AssertionError("cannot look: " + e, e);
    }
  }
}
