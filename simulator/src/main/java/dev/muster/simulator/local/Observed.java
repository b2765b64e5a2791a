package dev.muster.simulator.local;

import dev.muster.protocol.run.Recovery;
import java.util.List;

/**
 * What a run showed, simulated or real, from the moment training began.
 *
 * @param steps committed at the end
 * @param horizonNs how long it was watched
 * @param stepNs an undisturbed step of this very run
 * @param stepsRedone begun again because they were not committed when their group ended
 * @param struck faults with their time, also those that found nothing
 */
public record Observed(
    long steps,
    long stepsRedone,
    long generations,
    long horizonNs,
    long stepNs,
    List<Recovery> recoveries,
    List<String> struck) {
  public Observed {
    recoveries = List.copyOf(recoveries);
    struck = List.copyOf(struck);
    if (steps < 0 || stepNs < 1 || steps > horizonNs / stepNs) {
      throw new IllegalArgumentException(
          "more steps than fit into the time: steps=%d stepNs=%d horizonNs=%d"
              .formatted(steps, stepNs, horizonNs));
    }
  }

  /**
   * What undisturbed steps take in a run that made so many: as measured while nothing disturbed it,
   * but not more than all of them took. A machine that was busier while the run was left alone than
   * later would else show more than the whole time as well spent.
   *
   * @param calmMs NaN when the run was never left alone
   */
  public static long undisturbedNs(double calmMs, long steps, long horizonNs) {
    long most = horizonNs / Math.max(1, steps);
    return Double.isNaN(calmMs) ? most : Math.clamp(Math.round(calmMs * 1e6), 1, most);
  }

  /** Share of the time that undisturbed steps would have taken; between 0 and 1. */
  double goodput() {
    return (double) steps * stepNs / horizonNs;
  }
}
