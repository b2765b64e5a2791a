package dev.muster.collectives.flight;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Recordings as lines for people. Pure. */
public final class FlightReport {
  private FlightReport() {}

  /**
   * @param last calls of each rank
   * @param nowNs on the clock of the recorders
   */
  public static List<String> lines(
      String group, Diagnosis diagnosis, List<Recording> recordings, int last, long nowNs) {
    var lines = new ArrayList<String>();
    lines.add(
        diagnosis.text().isEmpty() ? "no rank waits for another that is late" : diagnosis.text());
    for (var recording : recordings) {
      var calls = recording.calls();
      lines.add("rank " + recording.rank() + " pid " + recording.pid() + ":");
      calls.stream()
          .skip(Math.max(0, calls.size() - last))
          .forEach(call -> lines.add("  " + line(group, call, nowNs)));
    }
    return lines;
  }

  private static String line(String group, RecordedCall call, long nowNs) {
    return String.format(
        Locale.ROOT,
        "%.6f s ago: %s %s",
        (nowNs - call.startNs()) / 1e9,
        call.describe(group),
        end(call));
  }

  private static String end(RecordedCall call) {
    if (call.endNs() == 0) {
      return "goes on";
    }
    double tookUs = (Math.abs(call.endNs()) - call.startNs()) / 1e3;
    return String.format(
        Locale.ROOT, call.endNs() < 0 ? "failed after %.1f us" : "took %.1f us", tookUs);
  }
}
