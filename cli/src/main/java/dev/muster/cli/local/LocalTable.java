package dev.muster.cli.local;

import dev.muster.simulator.local.PredictedMeasured;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Predicted beside measured, for a terminal. Pure. */
final class LocalTable {
  private static final String ROW = "%-7s %-21s %10s %10s   %10s %10s";

  private LocalTable() {}

  static List<String> lines(PredictedMeasured compared) {
    var lines = new ArrayList<String>();
    lines.add(String.format(ROW, "cause", "ms", "predicted", "p90", "measured", "p90"));
    for (var phase : compared.phases()) {
      lines.add(
          String.format(
              ROW,
              phase.cause().name().toLowerCase(Locale.ROOT),
              phase.phase(),
              number(phase.predicted().p50()),
              number(phase.predicted().p90()),
              number(phase.measured().p50()),
              number(phase.measured().p90())));
      if (phase.phase().equals("total")) {
        lines.add(
            String.format(
                ROW, "", "count", phase.predicted().count(), "", phase.measured().count(), ""));
      }
    }
    for (var total : compared.totals()) {
      lines.add(
          String.format(
              ROW,
              "run",
              total.name(),
              figure(total.predicted()),
              "",
              figure(total.measured()),
              ""));
    }
    return lines;
  }

  private static String number(double ms) {
    return Double.isNaN(ms) ? "-" : String.format(Locale.ROOT, "%.1f", ms);
  }

  private static String figure(double value) {
    return value == Math.rint(value) && Math.abs(value) >= 1 || value == 0
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.4f", value);
  }
}
