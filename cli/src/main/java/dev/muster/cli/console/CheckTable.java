package dev.muster.cli.console;

import dev.muster.cli.check.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The screen of {@code muster check}. Pure. */
public final class CheckTable {
  private CheckTable() {}

  public static List<String> lines(List<Finding> findings) {
    var lines = new ArrayList<String>();
    for (var finding : findings) {
      var verdict = finding.verdict().name().toLowerCase(Locale.ROOT);
      lines.add(Figures.format("%-4s  %-12s  %s", verdict, finding.subject(), finding.detail()));
    }
    long failed = count(findings, Finding.Verdict.FAIL);
    long warned = count(findings, Finding.Verdict.WARN);
    lines.add("");
    lines.add(
        failed == 0
            ? "ready"
                + (warned == 0 ? "" : ", with " + Figures.count(warned, "warning", "warnings"))
            : "not ready: " + Figures.count(failed, "failure", "failures"));
    return lines;
  }

  private static long count(List<Finding> findings, Finding.Verdict verdict) {
    return findings.stream().filter(finding -> finding.verdict() == verdict).count();
  }
}
