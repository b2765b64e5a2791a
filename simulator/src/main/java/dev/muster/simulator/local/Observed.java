package dev.muster.simulator.local;

import dev.muster.protocol.run.Recovery;
import java.util.List;

/**
 * What a run showed, simulated or real, from the moment training began.
 *
 * @param steps committed at the end
 * @param horizonNs how long it was watched
 * @param stepsRedone begun again because they were not committed when their group ended
 * @param struck faults with their time, also those that found nothing
 */
public record Observed(
    long steps,
    long stepsRedone,
    long generations,
    long horizonNs,
    List<Recovery> recoveries,
    List<String> struck) {
  public Observed {
    recoveries = List.copyOf(recoveries);
    struck = List.copyOf(struck);
  }

  /** Share of the time that undisturbed steps would have taken. */
  double goodput(long stepNs) {
    return (double) steps * stepNs / horizonNs;
  }
}
