package dev.muster.simulator.local;

import java.util.ArrayList;
import java.util.List;

/**
 * What the death of a member costs beyond the recovery itself: steps are slow for a while.
 *
 * @param ms until steps are warm again
 * @param stepMs mean of the steps of that time
 */
public record ColdSteps(double ms, double stepMs) {
  /**
   * Medians over the disturbances.
   *
   * @param warmMs a step that nothing disturbs
   * @param atMillis when the disturbances were, and the end
   */
  public static ColdSteps of(StepTimes steps, double warmMs, List<Long> atMillis) {
    var all = new ArrayList<ColdSteps>();
    for (int next = 1; next < atMillis.size(); next++) {
      all.add(after(atMillis.get(next - 1), atMillis.get(next), steps, warmMs));
    }
    return new ColdSteps(
        Percentiles.of(all.stream().map(ColdSteps::ms).toList()).at(50),
        Percentiles.of(all.stream().map(ColdSteps::stepMs).toList()).at(50));
  }

  /** Until they are warm, or until the next disturbance. */
  private static ColdSteps after(long fromMillis, long toMillis, StepTimes steps, double warmMs) {
    var after = steps.between(fromMillis, toMillis);
    int last = after.windows().size() - StepTimes.TOGETHER;
    int warm = 0;
    while (warm <= last && !after.warm(warm, warmMs)) {
      warm++;
    }
    if (warm > last) {
      return new ColdSteps(toMillis - fromMillis, after.meanMs());
    }
    return warm == 0
        ? new ColdSteps(0, warmMs)
        : new ColdSteps(
            after.windows().get(warm).fromMillis() - fromMillis, after.first(warm).meanMs());
  }
}
