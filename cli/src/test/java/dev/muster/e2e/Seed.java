package dev.muster.e2e;

import java.util.SplittableRandom;

/** Where the random choices of a test come from. */
final class Seed {
  private static final String KEY = "muster.e2e.seed";

  private Seed() {}

  /**
   * Prints the line that replays the choices of {@code test}; how processes interleave is the
   * machine's choice.
   */
  static SplittableRandom random(Class<?> test) {
    long seed = Long.getLong(KEY, 1);
    System.out.println(
        "replay: ./mvnw test -pl cli -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest="
            + test.getSimpleName()
            + " -D"
            + KEY
            + "="
            + seed);
    return new SplittableRandom(seed);
  }
}
