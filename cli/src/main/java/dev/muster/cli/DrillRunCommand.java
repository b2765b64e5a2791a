package dev.muster.cli;

import dev.muster.cli.console.Screen;
import dev.muster.cli.console.SeedsLine;
import dev.muster.simulator.account.History;
import dev.muster.simulator.cluster.ClusterListener;
import dev.muster.simulator.drill.Catalogue;
import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.DrillValues;
import dev.muster.simulator.drill.HostKind;
import dev.muster.simulator.drill.Outcome;
import dev.muster.simulator.drill.Seeds;
import dev.muster.simulator.drill.Status;
import dev.muster.simulator.drill.Verdict;
import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.Plan;
import dev.muster.simulator.fault.PlanFile;
import dev.muster.simulator.hocon.DrillException;
import dev.muster.simulator.report.DrillReport;
import dev.muster.simulator.report.Judged;
import dev.muster.simulator.report.Percentiles;
import dev.muster.simulator.report.VerdictSentence;
import dev.muster.simulator.shrink.DrillWriter;
import dev.muster.simulator.shrink.Shrinker;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
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
      "Exit codes: 0 met, 1 violated, 2 undecided, 3 the drill itself broke: its file, a flag, or a"
          + " seed that could not be played.",
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
      description =
          "Where the report goes, and with --in local all files. Default: a new folder in drills/,"
              + " with --in local in runs/.")
  private Path outFolder;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Seeds played at once. Default: as many as this machine has cores.")
  private int parallel = Runtime.getRuntime().availableProcessors();

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
    if (parallel < 1) {
      throw UserError.broken("expected at least 1: --parallel " + parallel);
    }
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
        : DrillValues.seeds(seeds)
            .orElseThrow(() ->
                UserError.broken(
                    "not a seed or a range of seeds: --seeds " + seeds + "; write 7 or 1..20"));
  }

  private static int show(List<Plan> plans, PrintWriter out) {
    for (var each : plans) {
      out.printf(
          "plan     seed %d: %d faults%s%n", each.seed(), each.faults().size(), each.rareWays());
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
    var seeds = playAll(drill, plans, kind, outcome -> row(outcome, out));
    var notMet = seeds.stream().filter(judged -> judged.status() != Status.MET).toList();
    notMet.forEach(judged -> explain(drill, judged.outcome(), out));
    if (savePlan != null) {
      PlanFile.write(seeds.getLast().outcome().played(), savePlan);
    }
    if (shrink) {
      var failing = notMet.stream().filter(j -> j.status() == Status.VIOLATED).findFirst();
      if (failing.isPresent()) {
        shrink(drill, failing.get().outcome(), out);
      }
    }
    return report(drill, plans, seeds, kind, out);
  }

  private List<Judged> playAll(
      Drill drill, List<Plan> plans, HostKind kind, Consumer<Outcome> shown) {
    var screen = Screen.standard();
    long startNs = System.nanoTime();
    var judged = new ArrayList<Judged>();
    var bad = new AtomicInteger();
    screen.live(SeedsLine.text(0, plans.size(), 0, 0));
    Seeds.play(
        plans,
        parallel,
        each -> played(drill, each, kind),
        outcome -> {
          var one = Judged.of(drill, outcome);
          judged.add(one);
          int notMet = one.status() == Status.MET ? bad.get() : bad.incrementAndGet();
          screen.erase();
          shown.accept(outcome);
          double elapsed = (System.nanoTime() - startNs) / 1e9;
          screen.live(SeedsLine.text(judged.size(), plans.size(), notMet, elapsed));
        });
    screen.erase();
    return judged;
  }

  private Outcome played(Drill drill, Plan each, HostKind kind, ClusterListener... others) {
    return plan == null
        ? DrillRun.play(drill, each.seed(), kind, others)
        : DrillRun.replay(drill, each, kind, others);
  }

  /** The worst seed is played once more, for its history: it must be the same. */
  private int report(
      Drill drill, List<Plan> plans, List<Judged> seeds, HostKind kind, PrintWriter out)
      throws IOException {
    var worst = DrillReport.worst(seeds).outcome();
    var history = new History(drill.nodes());
    var its = plans.stream().filter(each -> each.seed() == worst.seed()).findFirst().orElseThrow();
    var again = played(drill, its, kind, history);
    if (again.traceHash() != worst.traceHash()) {
      throw new DrillException("the same seed gave another history: seed=" + worst.seed());
    }
    var report =
        DrillResults.report(drill, replay("{seed}"), seeds, others(drill, plans, kind), history);
    var folder = outFolder == null ? DrillResults.fresh(drill, Instant.now()) : outFolder;
    DrillResults.write(report, folder);
    out.println(VerdictSentence.of(report));
    out.println("report: " + folder.resolve("report.html"));
    return switch (report.status()) {
      case MET -> ExitCodes.SUCCESS;
      case VIOLATED -> ExitCodes.FAILED;
      case UNDECIDED -> UNDECIDED;
    };
  }

  private List<Judged> others(Drill drill, List<Plan> plans, HostKind kind) {
    var other = drill.withOther();
    return other.isEmpty() ? List.of() : playAll(other.get(), plans, kind, outcome -> {});
  }

  private HostKind kind() {
    try {
      return HostKind.named(host);
    } catch (DrillException e) {
      throw UserError.broken(e.getMessage());
    }
  }

  private void row(Outcome outcome, PrintWriter out) {
    var totals = new Percentiles(outcome.recoveries().stream().mapToDouble(r -> r.totalMs()));
    out.printf(
        Locale.ROOT,
        "%8d %9.4f %8d %11d %10d %10s  %016x%n",
        outcome.seed(),
        outcome.goodput(),
        outcome.steps(),
        outcome.generations(),
        totals.count(),
        totals.count() == 0 ? "-" : String.format(Locale.ROOT, "%.1f", totals.at(50)),
        outcome.traceHash());
    if (verbose) {
      outcome.told().forEach(line -> out.println("         " + line));
      outcome
          .buggified()
          .forEach((point, times) -> out.println("         " + point.text() + " x " + times));
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
    return "replay: %s   # build %s, format %d%s"
        .formatted(
            replay("" + outcome.seed()), Version.text(), Plan.FORMAT, outcome.played().rareWays());
  }

  private String replay(String seed) {
    String with = plan == null ? "--seeds " + seed : "--plan " + plan;
    String on = host.equals("core") ? "" : " --host " + host;
    return "./muster drill run %s %s --verbose%s".formatted(name, with, on);
  }
}
