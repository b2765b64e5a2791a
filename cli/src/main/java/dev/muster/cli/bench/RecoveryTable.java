package dev.muster.cli.bench;

import dev.muster.protocol.run.Recovery;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Percentiles of recoveries, by where the replacement came from, with the median of each phase.
 * Pure.
 */
public final class RecoveryTable {
  private static final String ROW = "%5s %-8s %6s %8s %8s %8s  %7s %7s %7s %8s %7s %11s";

  private RecoveryTable() {}

  public static String header() {
    return String.format(
        Locale.ROOT,
        ROW,
        "ranks",
        "kind",
        "count",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "detect",
        "decide",
        "revoke",
        "regroup",
        "state",
        "first step");
  }

  /**
   * One line per kind that occurred, whatever was asked for: a late spare shows as a cold start.
   */
  public static List<String> rows(int ranks, List<Recovery> recoveries) {
    var rows = new ArrayList<String>();
    for (var kind : Recovery.Kind.values()) {
      var some = recoveries.stream().filter(recovery -> recovery.kind() == kind).toList();
      if (!some.isEmpty()) {
        rows.add(row(ranks, kind, some));
      }
    }
    return rows;
  }

  private static String row(int ranks, Recovery.Kind kind, List<Recovery> some) {
    return String.format(
        Locale.ROOT,
        ROW,
        ranks,
        kind.name().toLowerCase(Locale.ROOT),
        some.size(),
        at(some, Recovery::totalMs, 50),
        at(some, Recovery::totalMs, 90),
        at(some, Recovery::totalMs, 99),
        at(some, Recovery::detectMs, 50),
        at(some, Recovery::decideMs, 50),
        at(some, Recovery::revokeMs, 50),
        at(some, Recovery::regroupMs, 50),
        at(some, Recovery::stateMs, 50),
        at(some, Recovery::firstStepMs, 50));
  }

  /**
   * Nearest rank: the smallest value that at least this share does not exceed; unknown values are
   * left out.
   */
  private static String at(List<Recovery> some, ToDoubleFunction<Recovery> phase, int percent) {
    var sorted = some.stream().mapToDouble(phase).filter(Double::isFinite).sorted().toArray();
    if (sorted.length == 0) {
      return "-";
    }
    int index = (int) Math.ceil(percent / 100.0 * sorted.length) - 1;
    return String.format(Locale.ROOT, "%.1f", sorted[Math.max(0, index)]);
  }
}
