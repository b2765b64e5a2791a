package dev.muster.cli;

import dev.muster.simulator.drill.Catalogue;
import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillException;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import dev.muster.simulator.drill.Outcome;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster drill run}. */
@Command(
    name = "run",
    description = "Plays a drill with one seed or many and says whether it met what it expects.",
    footer = {"", "Exit codes: 0 met, 1 violated, 2 usage."})
final class DrillRunCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DRILL", description = "A name of 'muster drill list', or a file.")
  private String name;

  @Option(names = "--seeds", paramLabel = "A..B", description = "One seed, or a range. Default: 1.")
  private String seeds = "1";

  @Option(
      names = "--host",
      paramLabel = "core|actors",
      description =
          "What the decisions run on: bare cores, or the production actors in virtual time. The"
              + " history is the same, the actors are slower. Default: core.")
  private String host = "core";

  @Option(names = "--dry-run", description = "Show the drill as it would be played, and end.")
  private boolean dryRun;

  @Option(names = "--verbose", description = "Show the faults that struck.")
  private boolean verbose;

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    try {
      var drill =
          Files.exists(Path.of(name))
              ? DrillReader.read(Path.of(name).toFile())
              : Catalogue.drill(name);
      header(drill, out);
      var kind = HostKind.named(host);
      return dryRun ? ExitCodes.SUCCESS : play(drill, range(), kind, out);
    } catch (DrillException e) {
      throw UserError.usage(e.getMessage());
    }
  }

  private static void header(Drill drill, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "drill %s: %d nodes x %d slots, %d workers (at least %d) + %d spares, %.1f h%n",
        drill.name(),
        drill.nodes(),
        drill.slots(),
        drill.workers(),
        drill.minWorkers(),
        drill.spares(),
        drill.horizonNs() / 3.6e12);
    out.println("modelled " + drill.costs());
    drill.faults().forEach(fault -> out.println("fault    " + fault));
  }

  private List<Long> range() {
    try {
      String[] ends = seeds.split("\\.\\.", -1);
      long last = Long.parseLong(ends[ends.length - 1]);
      return LongStream.rangeClosed(Long.parseLong(ends[0]), last).boxed().toList();
    } catch (NumberFormatException e) {
      throw UserError.usage(
          "not a seed or a range of seeds: --seeds " + seeds + "; write 7 or 1..20");
    }
  }

  private int play(Drill drill, List<Long> of, HostKind kind, PrintWriter out) {
    out.printf(
        "%8s %9s %8s %11s %10s %10s  %-16s%n",
        "seed", "goodput", "steps", "generations", "recoveries", "p50 ms", "trace");
    var bad = new ArrayList<Outcome>();
    for (long seed : of) {
      var outcome = DrillRun.play(drill, seed, kind);
      row(outcome, out);
      boolean met = outcome.violations().isEmpty() && outcome.goodput() >= drill.minGoodput();
      if (!met) {
        bad.add(outcome);
      }
    }
    bad.forEach(outcome -> explain(drill, outcome, out));
    out.println(
        bad.isEmpty()
            ? "met: seeds=" + of.size()
            : "VIOLATED: seeds=" + bad.size() + " of " + of.size());
    return bad.isEmpty() ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }

  private void row(Outcome outcome, PrintWriter out) {
    var totals = outcome.recoveries().stream().mapToDouble(r -> r.totalMs()).sorted().toArray();
    out.printf(
        Locale.ROOT,
        "%8d %9.4f %8d %11d %10d %10s  %016x%n",
        outcome.seed(),
        outcome.goodput(),
        outcome.steps(),
        outcome.generations(),
        totals.length,
        totals.length == 0 ? "-" : String.format(Locale.ROOT, "%.1f", totals[totals.length / 2]),
        outcome.traceHash());
    if (verbose) {
      outcome.told().forEach(line -> out.println("         " + line));
    }
    out.flush();
  }

  private void explain(Drill drill, Outcome outcome, PrintWriter out) {
    outcome.violations().forEach(v -> out.println("seed " + outcome.seed() + ": " + v));
    if (outcome.goodput() < drill.minGoodput()) {
      out.printf(
          Locale.ROOT,
          "seed %d: goodput %.4f is below the expected %.4f%s%n",
          outcome.seed(),
          outcome.goodput(),
          drill.minGoodput(),
          outcome.end().isEmpty() ? "" : "; the job ended: " + outcome.end());
    }
    out.println(
        "replay: ./muster drill run "
            + name
            + " --seeds "
            + outcome.seed()
            + " --verbose"
            + (host.equals("core") ? "" : " --host " + host));
  }
}
