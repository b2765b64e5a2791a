package dev.muster.cli;

import dev.muster.simulator.drill.Catalogue;
import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillException;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import dev.muster.simulator.drill.Outcome;
import dev.muster.simulator.drill.Values;
import dev.muster.simulator.drill.Verdict;
import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.Plan;
import dev.muster.simulator.fault.PlanFile;
import dev.muster.simulator.shrink.DrillWriter;
import dev.muster.simulator.shrink.Shrinker;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
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
    footer = {
      "",
      "Exit codes: 0 met, 1 violated, 2 undecided, 3 the drill itself is broken.",
      "",
      "Examples:",
      "  muster drill run nodes --seeds 1..20",
      "  muster drill run nodes --seeds 7 --dry-run        the faults it would strike with",
      "  muster drill run nodes --seeds 7 --save-plan plan.jsonl",
      "  muster drill run nodes --plan plan.jsonl          the same faults, without a draw",
      "  muster drill run local-crashes --in local         real processes beside the prediction"
    })
final class DrillRunCommand implements Callable<Integer> {
  private static final int UNDECIDED = 2;
  private static final int BROKEN = 3;
  private static final int SHOWN_MAX = 200;

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DRILL", description = "A name of 'muster drill list', or a file.")
  private String name;

  @Option(
      names = "--seeds",
      paramLabel = "A..B",
      description = "One seed, or a range. Default: as the drill says.")
  private String seeds;

  @Option(names = "--plan", paramLabel = "FILE", description = "Strike with this plan's faults.")
  private Path plan;

  @Option(
      names = "--save-plan",
      paramLabel = "FILE",
      description = "Write the faults that struck in the last seed, to be played again.")
  private Path savePlan;

  @Option(
      names = "--host",
      paramLabel = "core|actors",
      description =
          "What the decisions run on: bare cores, or the production actors in virtual time. The"
              + " history is the same, the actors are slower. Default: core.")
  private String host = "core";

  @Mixin private LocalOptions local;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "--in local: where all files go. Default: a new folder in runs/.")
  private Path outFolder;

  @Option(names = "--dry-run", description = "Show the drill and its plan, and end.")
  private boolean dryRun;

  @Option(
      names = "--shrink",
      description = "Make the plan of the first failing seed small, and write it as a drill file.")
  private boolean shrink;

  @Option(names = "--verbose", description = "Show the faults that struck.")
  private boolean verbose;

  @Override
  public Integer call() throws Exception {
    var out = spec.commandLine().getOut();
    try {
      var drill =
          Files.exists(Path.of(name))
              ? DrillReader.read(Path.of(name).toFile())
              : Catalogue.drill(name);
      header(drill, out);
      if (local.asked() && !dryRun) {
        return local.play(drill, plans(drill).getFirst().seed(), outFolder, out);
      }
      return dryRun ? show(plans(drill), out) : play(drill, plans(drill), out);
    } catch (DrillException | IOException e) {
      spec.commandLine().getErr().println("muster: " + e.getMessage());
      return BROKEN;
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
    drill
        .profile()
        .ifPresent(profile -> {
          out.println("profile  " + profile.name() + ": " + profile.about());
          profile.figures().forEach(figure -> out.println("         " + figure));
        });
    drill.faults().forEach(fault -> out.println("fault    " + fault));
  }

  /** One for each seed. */
  private List<Plan> plans(Drill drill) throws IOException {
    if (plan != null) {
      return List.of(PlanFile.read(plan));
    }
    return seeds(drill).stream().map(drill::plan).toList();
  }

  private List<Long> seeds(Drill drill) {
    return seeds == null
        ? drill.seeds()
        : Values.seeds(seeds)
            .orElseThrow(() ->
                UserError.usage(
                    "not a seed or a range of seeds: --seeds " + seeds + "; write 7 or 1..20"));
  }

  private static int show(List<Plan> plans, PrintWriter out) {
    for (var each : plans) {
      out.printf("plan     seed %d: %d faults%n", each.seed(), each.faults().size());
      each.faults().stream().limit(SHOWN_MAX).forEach(fault -> out.println(line(fault)));
      if (each.faults().size() > SHOWN_MAX) {
        out.printf("  ... %d more; --save-plan writes all%n", each.faults().size() - SHOWN_MAX);
      }
    }
    return ExitCodes.SUCCESS;
  }

  private static String line(Fault fault) {
    return String.format(Locale.ROOT, "%14.3f s  %s", fault.atNs() / 1e9, fault);
  }

  private int play(Drill drill, List<Plan> plans, PrintWriter out) throws IOException {
    out.printf(
        "%8s %9s %8s %11s %10s %10s  %-16s%n",
        "seed", "goodput", "steps", "generations", "recoveries", "p50 ms", "trace");
    var kind = kind();
    var notMet = new ArrayList<Outcome>();
    boolean violated = false;
    for (var each : plans) {
      var outcome =
          plan == null
              ? DrillRun.play(drill, each.seed(), kind)
              : DrillRun.replay(drill, each, kind);
      row(outcome, out);
      var verdict = Verdict.of(drill, outcome);
      violated |= verdict.violated();
      if (!verdict.met()) {
        notMet.add(outcome);
      }
      if (savePlan != null) {
        PlanFile.write(outcome.played(), savePlan);
      }
    }
    notMet.forEach(outcome -> explain(drill, outcome, out));
    if (shrink) {
      var failing = notMet.stream().filter(o -> Verdict.of(drill, o).violated()).findFirst();
      if (failing.isPresent()) {
        shrink(drill, failing.get(), out);
      }
    }
    return end(plans.size(), notMet.size(), violated, out);
  }

  private HostKind kind() {
    try {
      return HostKind.named(host);
    } catch (DrillException e) {
      throw UserError.usage(e.getMessage());
    }
  }

  private static int end(int seeds, int notMet, boolean violated, PrintWriter out) {
    if (notMet == 0) {
      out.println("met: seeds=" + seeds);
      return ExitCodes.SUCCESS;
    }
    out.printf("%s: seeds=%d of %d%n", violated ? "VIOLATED" : "UNDECIDED", notMet, seeds);
    return violated ? ExitCodes.FAILED : UNDECIDED;
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
    var verdict = Verdict.of(drill, outcome);
    verdict.broken().forEach(text -> out.println("seed " + outcome.seed() + ": " + text));
    verdict.open().forEach(text -> out.println("seed " + outcome.seed() + ": undecided: " + text));
    out.println(replayLine(outcome));
  }

  private void shrink(Drill drill, Outcome failing, PrintWriter out) throws IOException {
    var shrunk = Shrinker.shrink(drill, failing);
    String why = Verdict.of(drill, failing).broken().getFirst();
    String small = drill.name() + "-" + failing.seed();
    var file = Path.of(small + ".conf");
    Files.writeString(file, DrillWriter.text(shrunk, small, why));
    out.printf(
        Locale.ROOT,
        "shrunk: %d faults to %d in %d runs, %.3f s of drill; ./muster drill run %s%n",
        failing.played().faults().size(),
        shrunk.plan().faults().size(),
        shrunk.runs(),
        shrunk.drill().horizonNs() / 1e9,
        file);
    shrunk.plan().faults().forEach(fault -> out.println(line(fault)));
  }

  /** One line that plays the same again; the build and the format say when it no longer would. */
  private String replayLine(Outcome outcome) {
    String with = plan == null ? "--seeds " + outcome.seed() : "--plan " + plan;
    String on = host.equals("core") ? "" : " --host " + host;
    return "replay: ./muster drill run %s %s --verbose%s   # build %s, format %d"
        .formatted(name, with, on, Version.text(), Plan.FORMAT);
  }
}
