package dev.muster.cli;

import dev.muster.cli.bench.BenchRun;
import dev.muster.cli.bench.FaultSchedule;
import dev.muster.cli.bench.RecoveryTable;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench recovery}. */
@Command(
    name = "recovery",
    description =
        "Kill workers of a small real model and show how long training stood still, phase by"
            + " phase.",
    footer = {
      "",
      "A recovery lasts from the kill to the first committed step of the new group.",
      "",
      "Examples:",
      "  muster bench recovery",
      "  muster bench recovery --kills 20 --ranks 4 --kinds warm -Dmuster.worker.settings.hidden=64"
    })
final class RecoveryCommand implements Callable<Integer> {
  private static final long RUN_TIMEOUT_NS = TimeUnit.MINUTES.toNanos(60);

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--kills", paramLabel = "N", description = "Per line of the table. Default: 200.")
  private int kills = 200;

  @Option(
      names = "--ranks",
      split = ",",
      paramLabel = "N",
      description = "World sizes. Default: 1,2,4.")
  private List<Integer> ranks = List.of(1, 2, 4);

  @Option(
      names = "--kinds",
      split = ",",
      paramLabel = "KIND",
      description = "Of warm, cold, shrink. Default: all.")
  private List<Kind> kinds = List.of(Kind.values());

  @Option(
      names = "--spacing",
      paramLabel = "STEPS",
      description = "Between two kills. Default: 150.")
  private int spacing = 150;

  @Option(names = "--seed", paramLabel = "K", description = "Decides who dies when. Default: 1.")
  private long seed = 1;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the run folders go. Default: a new one in runs/.")
  private Path dir;

  @Option(names = "-D", paramLabel = "key=value", description = "Any key of the configuration.")
  private Map<String, String> keys = Map.of();

  /** Where the replacement should come from; lower case as it is typed. */
  enum Kind {
    warm,
    cold,
    shrink
  }

  @Override
  public Integer call() throws Exception {
    var out = spec.commandLine().getOut();
    var parent =
        Files.createDirectories(
            dir == null ? Path.of("runs", "recovery-" + ProcessHandle.current().pid()) : dir);
    out.println(
        "seed " + seed + ", " + kills + " kills a line, folders in " + parent.toAbsolutePath());
    out.println(RecoveryTable.header());
    for (var kind : kinds) {
      for (int workers : ranks) {
        if (kind != Kind.shrink || workers > 1) {
          measure(kind, workers, parent, out);
        }
      }
    }
    return ExitCodes.SUCCESS;
  }

  private void measure(Kind kind, int workers, Path parent, PrintWriter out)
      throws IOException, InterruptedException {
    int perRun = kind == Kind.shrink ? Math.min(kills, workers - 1) : kills;
    var all = new ArrayList<Recovery>();
    for (int run = 0; run * perRun < kills; run++) {
      var folder = parent.resolve(kind + "-" + workers + "-" + run).toAbsolutePath();
      all.addAll(recoveries(folder, flags(kind, workers, perRun, seed + run)));
    }
    RecoveryTable.rows(workers, all).forEach(out::println);
  }

  private List<Recovery> recoveries(Path folder, List<String> flags)
      throws IOException, InterruptedException {
    var run = BenchRun.start(folder, flags);
    Result result =
        run.await(RUN_TIMEOUT_NS)
            .orElseThrow(() ->
                UserError.failed(
                    "a run ended without a result: folder=" + folder + " log=" + run.log()));
    if (result.exitCode() != ExitCodes.SUCCESS) {
      throw UserError.failed(
          "a run failed: reason=" + result.reason() + " folder=" + folder + " log=" + run.log());
    }
    return result.recoveries();
  }

  private List<String> flags(Kind kind, int workers, int perRun, long runSeed) {
    boolean shrinking = kind == Kind.shrink;
    var flags = new ArrayList<String>();
    flags.addAll(
        List.of(
            "--model",
            "mlp",
            "--workers",
            "" + workers,
            "--spares",
            kind == Kind.warm ? "1" : "0"));
    flags.addAll(List.of("--steps", "" + (long) (perRun + 1) * spacing, "--seed", "" + runSeed));
    if (shrinking) {
      flags.addAll(List.of("--no-replace", "--min-workers", "1"));
    }
    var faults = FaultSchedule.faults(runSeed, perRun, workers, spacing, shrinking);
    flags.add("-Dmuster.job.faults=" + JobSpecReader.list(faults));
    keys.forEach((key, value) -> flags.add("-D" + key + "=" + value));
    return flags;
  }
}
