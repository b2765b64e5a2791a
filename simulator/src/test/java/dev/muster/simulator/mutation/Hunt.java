package dev.muster.simulator.mutation;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.Outcome;
import dev.muster.simulator.drill.RandomDrill;
import dev.muster.simulator.drill.Verdict;
import dev.muster.simulator.shrink.Shrinker;

/** Plays random drills until one breaks an invariant or ends the job, and shrinks it. */
final class Hunt {
  private Hunt() {}

  /**
   * @param faults a plan that cannot be shrunk to so many is not shown, the next seed is played
   * @return {@code seed faults violation}, where faults is how many the shrunk plan has; empty when
   *     nothing was found
   */
  static String hunt(long seeds, int faults) {
    for (long seed = 1; seed <= seeds; seed++) {
      var drill = RandomDrill.of(seed).stoppingAtViolation();
      var outcome = DrillRun.play(drill, seed);
      var verdict = Verdict.of(drill, outcome);
      if (verdict.violated()) {
        int left = shrunkFaults(drill, outcome);
        if (left <= faults) {
          return seed + " " + left + " " + verdict.broken().getFirst();
        }
      }
    }
    return "";
  }

  private static int shrunkFaults(Drill drill, Outcome failing) {
    return Shrinker.shrink(drill, failing).plan().faults().size();
  }
}
