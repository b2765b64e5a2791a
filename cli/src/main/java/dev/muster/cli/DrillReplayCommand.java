package dev.muster.cli;

import dev.muster.cli.process.RunsDirectory;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JournalEntry;
import dev.muster.master.wiring.RunJournal;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.run.RunFolder;
import dev.muster.simulator.replay.JournalReplay;
import dev.muster.simulator.replay.Replayed;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster drill replay}. */
@Command(
    name = "replay",
    description =
        "Decides a real run again from its journal, entry by entry, and says whether the same comes"
            + " out.",
    footer = {
      "",
      "Examples:",
      "  muster drill replay                        the newest run",
      "  muster drill replay 20261121-093000-1f3a --verbose",
      "",
      "Exit codes: 0 the same decisions, 1 different, 2 usage, 3 the journal cannot be read."
    })
final class DrillReplayCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "Run id or folder. Default: the newest.")
  private String run;

  @Option(names = "--verbose", description = "One line per decision: the story of the run.")
  private boolean verbose;

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    var folder = RunsDirectory.standard().find(run);
    var config = config(folder);
    var journal = journal(folder);
    out.println("replay of run " + folder.run() + ", " + folder.root());
    if (verbose) {
      out.printf(ROW, "entry", "time s", "gen", "node", "event", "decision");
    }
    var verdict = JournalReplay.play(config, journal, entry -> tell(entry, out));
    out.printf("entries    %d, %.1f s of the run%n", verdict.entries(), seconds(journal));
    out.println("decisions  " + verdict.decisions() + " compared");
    verdict.firstDifference().ifPresent(first -> show(first, verdict.different(), out));
    out.println(
        verdict.same()
            ? "same: every decision came out as it was recorded"
            : "DIFFERENT: first at entry " + verdict.firstDifference().orElseThrow().number());
    out.flush();
    return verdict.same() ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }

  private static final String ROW = "%6s %9s %4s %-6s %-14s %s%n";

  private static JobConfig config(RunFolder folder) {
    try {
      return JobConfig.of(folder.run(), JobSpecReader.read(List.of(folder.job()), Map.of()));
    } catch (JobSpecException wrong) {
      throw UserError.broken("the run's job cannot be read: " + wrong.getMessage());
    }
  }

  private static List<JournalEntry> journal(RunFolder folder) {
    try {
      var journal = RunJournal.read(folder);
      if (journal.isEmpty()) {
        throw UserError.broken("the journal is empty: folder=" + folder.journal());
      }
      return journal;
    } catch (IOException unreadable) {
      throw UserError.broken(unreadable.getMessage());
    }
  }

  private static double seconds(List<JournalEntry> journal) {
    return (journal.getLast().atNs() - journal.getFirst().atNs()) / 1e9;
  }

  private void tell(Replayed entry, PrintWriter out) {
    if (verbose) {
      entry.decided().forEach(decision -> row(entry, decision, out));
    }
  }

  private static void row(Replayed entry, String decision, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        ROW,
        entry.number(),
        String.format(Locale.ROOT, "%.3f", entry.atNs() / 1e9),
        entry.generation(),
        entry.node().orElse("-"),
        entry.eventName(),
        decision);
  }

  private static void show(Replayed first, int different, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "first difference at entry %d, %.3f s: event=%s node=%s generation=%s%n",
        first.number(),
        first.atNs() / 1e9,
        first.eventName(),
        first.node().orElse("-"),
        first.generation());
    lines("recorded", first.recorded(), out);
    lines("came out", first.decided(), out);
    out.println(
        "different  " + different + " entries in all; later ones may follow from the first");
  }

  private static void lines(String title, List<String> decisions, PrintWriter out) {
    if (decisions.isEmpty()) {
      out.println("  " + title + "  nothing");
    }
    decisions.forEach(decision -> out.println("  " + title + "  " + decision));
  }
}
