package dev.muster.simulator.mutation;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.Outcome;
import dev.muster.simulator.drill.RandomCheckpoints;
import dev.muster.simulator.drill.RandomDrill;
import dev.muster.simulator.drill.Verdict;
import dev.muster.simulator.shrink.Shrinker;
import java.util.Locale;

/** Plays random drills until one breaks an invariant or ends the job, and shrinks it. */
final class Hunt {
  private Hunt() {}

  /** Which drill a seed stands for. A rare way may hide a bug as well as show it. */
  private enum Flavour {
    PLAIN,
    RARE_WAYS,
    CHECKPOINTS,
    CHECKPOINTS_RARE_WAYS;

    String text(long seed) {
      boolean saves = this == CHECKPOINTS || this == CHECKPOINTS_RARE_WAYS;
      boolean rare = this == RARE_WAYS || this == CHECKPOINTS_RARE_WAYS;
      var drill = saves ? RandomCheckpoints.text(seed) : RandomDrill.text(seed);
      return drill + "buggify = " + (rare ? "drawn" : "none");
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * @param faults a plan that cannot be shrunk to so many is not shown, the next seed is played
   * @param further whether it is shrunk as far as it goes, instead of to so many
   * @return {@code seed flavour faults violation}, where faults is how many the shrunk plan has;
   *     empty when nothing was found
   */
  static String hunt(long seeds, int faults, boolean further) {
    for (long seed = 1; seed <= seeds; seed++) {
      for (var flavour : Flavour.values()) {
        String found = play(flavour.text(seed), seed, faults, further);
        if (!found.isEmpty()) {
          return seed + " " + flavour + " " + found;
        }
      }
    }
    return "";
  }

  private static String play(String text, long seed, int faults, boolean further) {
    var drill = DrillReader.parse(text).stoppingAtViolation();
    try {
      var outcome = DrillRun.play(drill, seed);
      var verdict = Verdict.of(drill, outcome);
      if (!verdict.violated()) {
        return "";
      }
      int left = further ? shrunkFaults(drill, outcome) : faultsAtMost(faults, drill, outcome);
      return left <= faults ? left + " " + verdict.broken().getFirst() : "";
    } catch (IllegalStateException e) { // found, too, but such a plan cannot be shrunk
      return "";
    }
  }

  private static int faultsAtMost(int enough, Drill drill, Outcome failing) {
    return Shrinker.atMost(enough, drill, failing).faults().size();
  }

  private static int shrunkFaults(Drill drill, Outcome failing) {
    return Shrinker.shrink(drill, failing).plan().faults().size();
  }
}
