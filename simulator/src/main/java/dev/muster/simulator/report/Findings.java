package dev.muster.simulator.report;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.Outcome;
import java.util.ArrayList;
import java.util.Locale;

/** Looks at each expectation of a drill in one seed. Pure. */
public final class Findings {
  private Findings() {}

  public static Judged judge(Drill drill, Outcome outcome) {
    var findings = new ArrayList<Finding>();
    findings.add(invariants(outcome));
    if (drill.minGoodput() > 0) {
      findings.add(goodput(drill.minGoodput(), outcome));
    }
    return new Judged(outcome, findings);
  }

  private static Finding invariants(Outcome outcome) {
    var broken = outcome.violations();
    return new Finding(
        "invariants",
        broken.isEmpty() ? Status.MET : Status.VIOLATED,
        "none broken",
        broken.isEmpty() ? "none broken" : broken.size() + " broken, first: " + broken.getFirst());
  }

  private static Finding goodput(double expected, Outcome outcome) {
    String end = outcome.end().isEmpty() ? "" : "; the job ended: " + outcome.end();
    return new Finding(
        "goodput",
        outcome.goodput() >= expected ? Status.MET : Status.VIOLATED,
        String.format(Locale.ROOT, "at least %.4f", expected),
        String.format(Locale.ROOT, "%.4f", outcome.goodput()) + end);
  }
}
