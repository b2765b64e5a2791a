package dev.muster.cli.bench;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Which rank is killed at which step: a function of the seed. Pure. */
public final class FaultSchedule {
  private FaultSchedule() {}

  /**
   * In the form of {@code --fail}.
   *
   * @param spacing steps between two kills; each falls somewhere in the second half of its span
   * @param shrinking ranks go away for good, the highest possible one counts down
   */
  public static List<String> faults(
      long seed, int kills, int workers, int spacing, boolean shrinking) {
    var random = new SplittableRandom(seed);
    return IntStream.range(0, kills)
        .mapToObj(kill -> {
          int rank = random.nextInt(shrinking ? workers - kill : workers);
          long step =
              (long) kill * spacing + spacing / 2 + random.nextInt(Math.max(1, spacing / 2));
          return "rank=" + rank + "@step=" + Math.max(1, step);
        })
        .toList();
  }
}
