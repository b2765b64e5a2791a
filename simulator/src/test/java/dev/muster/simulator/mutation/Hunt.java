package dev.muster.simulator.mutation;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.Outcome;
import dev.muster.simulator.drill.RandomDrill;
import dev.muster.simulator.drill.Verdict;
import dev.muster.simulator.shrink.Shrinker;
import java.util.List;

/** Plays random drills until one breaks an invariant or ends the job, and shrinks it. */
final class Hunt {
  private Hunt() {}

  /**
   * @param faults a plan that cannot be shrunk to so many is not shown, the next seed is played
   * @return {@code seed buggify faults violation}, where faults is how many the shrunk plan has;
   *     empty when nothing was found
   */
  static String hunt(long seeds, int faults) {
    for (long seed = 1; seed <= seeds; seed++) {
      for (var buggify : List.of("none", "drawn")) { // a rare way may hide a bug as well as show it
        String found = play(RandomDrill.text(seed) + "buggify = " + buggify, seed, faults);
        if (!found.isEmpty()) {
          return seed + " " + buggify + " " + found;
        }
      }
    }
    return "";
  }

  private static String play(String text, long seed, int faults) {
    var drill = DrillReader.parse(text).stoppingAtViolation();
    var outcome = DrillRun.play(drill, seed);
    var verdict = Verdict.of(drill, outcome);
    int left = verdict.violated() ? shrunkFaults(drill, outcome) : Integer.MAX_VALUE;
    return verdict.violated() && left <= faults ? left + " " + verdict.broken().getFirst() : "";
  }

  private static int shrunkFaults(Drill drill, Outcome failing) {
    return Shrinker.shrink(drill, failing).plan().faults().size();
  }
}
