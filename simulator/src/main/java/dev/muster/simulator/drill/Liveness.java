package dev.muster.simulator.drill;

import dev.muster.protocol.core.CounterRandom;
import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.Plan;
import dev.muster.simulator.fault.Verb;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** The second phase of a drill: a healthy core must go on, whatever came before. */
final class Liveness {
  /** After all lines of any drill. */
  private static final int LINE = Integer.MAX_VALUE;

  /** Of full speed, in the second half of the phase; the first half is for getting there. */
  private static final double SPEED_MIN = 0.5;

  private Liveness() {}

  /** Adds the hosts that go down when the phase begins, and stay so. */
  static Plan freeze(Drill drill, Plan plan) {
    int healthy = (int) Math.floor(drill.phases().core() * drill.nodes());
    if (drill.phases().livenessNs() == 0 || healthy == drill.nodes()) {
      return plan;
    }
    var frozen =
        IntStream.range(0, drill.nodes())
            .boxed()
            .sorted(Comparator.comparingLong(n -> CounterRandom.mix(plan.seed(), "core", n, 0)))
            .skip(healthy)
            .sorted()
            .toList();
    var faults = new ArrayList<>(plan.faults());
    faults.add(
        new Fault(
            drill.window().untilNs(),
            Verb.NODE_DOWN,
            frozen,
            2 * drill.phases().livenessNs(),
            1,
            0,
            0,
            "not of the healthy core",
            LINE,
            0));
    return plan.with(faults);
  }

  /** With its share of what saves hold up. */
  private static long stepNs(Drill drill) {
    long stepNs = drill.costs().stepNs();
    var saving = drill.saving();
    int every = Math.max(1, saving.settings().memoryEvery()); // chosen ones may be that short
    int together = saving.sharded() ? drill.slots() : 1; // at most
    return saving.on() ? stepNs + saving.stallNs(stepNs, together) / every : stepNs;
  }

  /**
   * @param halfway steps committed after half of the phase
   */
  static void check(Drill drill, long halfway, long atEnd, Consumer<String> violations) {
    long possible = drill.phases().livenessNs() / 2 / stepNs(drill);
    long done = atEnd - halfway;
    if (done < SPEED_MIN * possible) {
      violations.accept(
          "the healthy core does not go on: stepsInSecondHalfOfLiveness=%d possible=%d"
              .formatted(done, possible));
    }
  }
}
