package dev.muster.simulator.report;

import dev.muster.simulator.drill.Finding;
import dev.muster.simulator.drill.Status;
import java.util.Comparator;

/** The whole drill in one or two sentences. Pure. */
public final class VerdictSentence {
  private VerdictSentence() {}

  public static String of(DrillReport report) {
    return switch (report.status()) {
      case MET -> met(report);
      case VIOLATED -> failed(report, Status.VIOLATED, "Violated");
      case UNDECIDED -> failed(report, Status.UNDECIDED, "Undecided");
    };
  }

  private static String met(DrillReport report) {
    int seeds = report.seeds().size();
    return "Met: "
        + report.setting().drill()
        + " kept "
        + (report.findings().isEmpty() ? "its invariants" : "every expectation")
        + " on "
        + (seeds == 1 ? "seed " + report.worst().seed() : "all " + seeds + " seeds")
        + ". "
        + summary(report);
  }

  private static String failed(DrillReport report, Status status, String word) {
    long bad = report.seeds().stream().filter(judged -> judged.status() == status).count();
    var worst = report.worst();
    var finding =
        worst.findings().stream().max(Comparator.comparing(Finding::status)).orElseThrow();
    return word
        + ": "
        + report.setting().drill()
        + " on "
        + bad
        + " of "
        + Words.plural(report.seeds().size(), "seed")
        + "; worst is seed "
        + worst.seed()
        + ": "
        + finding.expectation()
        + " was "
        + (finding.measured().isEmpty() ? "not seen" : finding.measured())
        + ", expected "
        + finding.expected()
        + ". "
        + summary(report);
  }

  private static String summary(DrillReport report) {
    var goodput = report.goodputs();
    var totals = RecoveryPhases.of(report.seeds()).total();
    String least = Words.percent(goodput[0]);
    String most = Words.percent(goodput[goodput.length - 1]);
    String range = least.equals(most) ? "" : " (" + least + " to " + most + ")";
    String recovered =
        totals.count() == 0
            ? "nothing to recover from"
            : Words.plural(totals.count(), "recovery")
                + ", half of them within "
                + Words.milliseconds(totals.at(50))
                + ", 99 of 100 within "
                + Words.milliseconds(totals.at(99));
    return (goodput.length == 1 ? "Goodput " : "Median goodput ")
        + Words.percent(goodput[(goodput.length - 1) / 2])
        + range
        + "; "
        + recovered
        + ".";
  }
}
