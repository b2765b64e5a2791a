package dev.muster.simulator.report;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.Finding;
import dev.muster.simulator.drill.Outcome;
import dev.muster.simulator.drill.Status;
import dev.muster.simulator.drill.Verdict;
import java.util.Comparator;
import java.util.List;

/** One seed, and what it says of each expectation. */
public record Judged(Outcome outcome, List<Finding> findings) {
  /** Worst first: by verdict, then by goodput, then by number. */
  static final Comparator<Judged> WORST_FIRST =
      Comparator.comparing(Judged::status)
          .reversed()
          .thenComparingDouble(judged -> judged.outcome.goodput())
          .thenComparingLong(Judged::seed);

  public Judged {
    findings = List.copyOf(findings);
  }

  public static Judged of(Drill drill, Outcome outcome) {
    return new Judged(outcome, Verdict.of(drill, outcome).findings());
  }

  public long seed() {
    return outcome.seed();
  }

  public Status status() {
    return Status.worst(findings.stream().map(Finding::status).toList());
  }
}
