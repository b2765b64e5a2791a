package dev.muster.simulator.oracle;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import dev.muster.simulator.drill.Outcome;
import java.util.Locale;
import java.util.stream.LongStream;

/** The system of {@link Renewal} as a drill: one worker, no other holds its state. Seconds. */
final class OneWorker {
  private OneWorker() {}

  /**
   * @param gap between two crashes: {@code 3h} has them come at random
   */
  static Drill drill(String gap, Renewal model, double step, int days) {
    return DrillReader.parse(
        String.format(
            Locale.ROOT,
            """
            drill = one-worker, horizon = %dd, fleet { nodes = 1, slots = 1 }
            job {
              workers = 1, spares = 0, step = %.0fms, start = 0s, join = 0s, join-per-rank = 0s, restore = 0s
              checkpoint { every = %.0fms, stall = %.0fms, restore = %.0fms }
            }
            policy.a.start-timeout = 1d
            faults = [{ do = crash, every = %s }]
            """,
            days,
            step * 1e3,
            model.interval() * 1e3,
            model.stall() * 1e3,
            model.restart() * 1e3,
            gap));
  }

  static LongStream seeds(int count) {
    return LongStream.rangeClosed(1, count);
  }

  static Outcome play(Drill drill, long seed) {
    var outcome = DrillRun.play(drill, seed, HostKind.CORE);
    if (!outcome.violations().isEmpty() || !outcome.end().isEmpty()) {
      throw new AssertionError("seed=" + seed + " " + outcome.violations() + " " + outcome.end());
    }
    return outcome;
  }

  /** Mean over seeds of the share of the time that counts. */
  static double effectiveTime(Drill drill, int seeds) {
    return seeds(seeds).mapToDouble(seed -> play(drill, seed).goodput()).average().orElseThrow();
  }
}
