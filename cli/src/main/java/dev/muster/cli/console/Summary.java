package dev.muster.cli.console;

import dev.muster.protocol.run.FirstCause;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The last words of a run, from its result. Pure. */
public final class Summary {
  private static final String ROW = "  %3s  %-7s %7s %7s %7s %7s %8s %7s %11s %7s  %s";

  private Summary() {}

  /**
   * @param folder how the user names the run folder
   */
  public static List<String> lines(Result result, String folder) {
    return lines(result, result.exitCode(), folder);
  }

  /**
   * @param exitCode of the command, which a signal may have decided
   */
  public static List<String> lines(Result result, int exitCode, String folder) {
    var lines = new ArrayList<String>();
    lines.add(headline(result, exitCode));
    if (Double.isFinite(result.finalLoss())) {
      lines.add("  final loss          " + Figures.loss(result.finalLoss()));
    }
    result.report().forEach(line -> lines.add("  " + line));
    if (result.samples() != null || result.steps() > 0) { // a plain command has none
      lines.add("  committed steps     " + result.steps());
    }
    lines.add("  generations         " + result.generations());
    samples(result, lines);
    recoveries(result.recoveries(), lines);
    firstCause(result.firstCause(), lines);
    checkpoint(result, folder, lines);
    lines.add("  files               " + folder);
    return lines;
  }

  private static String headline(Result result, int exitCode) {
    var state = result.state().name().toLowerCase(Locale.ROOT);
    var head = result.reason().isEmpty() ? state : state + ": " + result.reason();
    return exitCode == 0 ? head : head + " (exit code " + exitCode + ")";
  }

  private static void samples(Result result, List<String> lines) {
    var samples = result.samples();
    if (samples == null) {
      return;
    }
    var verdict =
        samples.exactlyOnce()
            ? "each used exactly once"
            : "NOT exactly once: duplicates="
                + samples.duplicates()
                + " missing="
                + samples.missing();
    lines.add("  samples             " + samples.delivered() + ", " + verdict);
    lines.add("  redone steps        " + samples.redoneSteps());
  }

  private static void recoveries(List<Recovery> recoveries, List<String> lines) {
    if (recoveries.isEmpty()) {
      lines.add("  recoveries          none");
      return;
    }
    lines.add("  recoveries          " + recoveries.size() + " (times in ms)");
    lines.add(
        Figures.format(
            ROW,
            "gen",
            "kind",
            "total",
            "detect",
            "decide",
            "revoke",
            "regroup",
            "state",
            "first step",
            "redone",
            "cause"));
    recoveries.forEach(recovery -> lines.add(row(recovery)));
  }

  private static String row(Recovery r) {
    return Figures.format(
        ROW,
        r.generation(),
        r.kind() == null ? "-" : r.kind().name().toLowerCase(Locale.ROOT),
        Figures.ms(r.totalMs()),
        Figures.ms(r.detectMs()),
        Figures.ms(r.decideMs()),
        Figures.ms(r.revokeMs()),
        Figures.ms(r.regroupMs()),
        Figures.ms(r.stateMs()),
        Figures.ms(r.firstStepMs()),
        r.stepsRedone(),
        r.cause());
  }

  private static void checkpoint(Result result, String folder, List<String> lines) {
    if (result.state() != RunState.SUCCEEDED && result.checkpointStep() > 0) {
      lines.add(
          "  saved               step %d; go on with: ./muster run --resume %s"
              .formatted(result.checkpointStep(), folder));
    }
  }

  private static void firstCause(FirstCause cause, List<String> lines) {
    if (cause == null) {
      return;
    }
    var where = new StringBuilder();
    if (cause.rank() >= 0) {
      where.append("rank ").append(cause.rank());
    }
    if (cause.worker() != null) {
      where.append(where.isEmpty() ? "worker " : ", worker ").append(cause.worker());
    }
    if (cause.step() >= 0) {
      where.append(where.isEmpty() ? "step " : ", step ").append(cause.step());
    }
    lines.add(
        "  first cause         " + cause.text() + (where.isEmpty() ? "" : " (" + where + ")"));
    cause.trace().lines().forEach(line -> lines.add("    " + line.replace("\t", "  ")));
  }
}
