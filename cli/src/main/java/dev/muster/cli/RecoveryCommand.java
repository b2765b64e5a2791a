package dev.muster.cli;

import dev.muster.cli.bench.BenchRun;
import dev.muster.cli.bench.Calibration;
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
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
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
      "  muster bench recovery --kills 20 --ranks 4 --kinds warm --step-ms 0"
          + " -Dmuster.worker.settings.hidden=64"
    })
final class RecoveryCommand implements Callable<Integer> {
  private static final long RUN_TIMEOUT_NS = TimeUnit.MINUTES.toNanos(60);
  private static final int ATTEMPTS = 2;
  private static final int CALIBRATION_STEPS = 200;

  private final Map<Integer, Calibration> sizes = new TreeMap<>();

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
      description = "Between two kills. Default: 400.")
  private int spacing = 400;

  @Option(
      names = "--step-ms",
      paramLabel = "MS",
      description =
          "The model is sized so that a step takes about as long; 0: as the settings say."
              + " Default: 20.")
  private double stepMs = 20;

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
    for (int workers : ranks) {
      calibrate(workers, parent, out);
    }
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

  /** Twice at most: the second size is off by what is not the hidden layer. */
  private void calibrate(int workers, Path parent, PrintWriter out)
      throws IOException, InterruptedException {
    var size = Calibration.FIRST;
    for (int attempt = 0; stepMs > 0 && attempt < ATTEMPTS && !size.near(stepMs); attempt++) {
      size = attempt == 0 ? size : size.next(stepMs);
      sizes.put(workers, size);
      var folder = parent.resolve("calibration-" + workers + "-" + attempt).toAbsolutePath();
      var flags = new ArrayList<>(model(workers, 0));
      flags.addAll(List.of("--steps", "" + CALIBRATION_STEPS, "--seed", "" + seed));
      var run = BenchRun.start(folder, flags);
      result(run);
      size = size.measured(run.progress());
    }
    out.printf(
        Locale.ROOT,
        "ranks %d: hidden=%d, a step takes %.1f ms undisturbed%n",
        workers,
        size.hidden(),
        size.stepMs());
    out.flush();
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
    out.flush();
  }

  private List<Recovery> recoveries(Path folder, List<String> flags)
      throws IOException, InterruptedException {
    return result(BenchRun.start(folder, flags)).recoveries();
  }

  private Result result(BenchRun run) throws IOException, InterruptedException {
    Result result =
        run.await(RUN_TIMEOUT_NS)
            .orElseThrow(() -> UserError.failed("a run ended without a result: log=" + run.log()));
    if (result.exitCode() != ExitCodes.SUCCESS) {
      throw UserError.failed("a run failed: reason=" + result.reason() + " log=" + run.log());
    }
    return result;
  }

  private List<String> flags(Kind kind, int workers, int perRun, long runSeed) {
    boolean shrinking = kind == Kind.shrink;
    var flags = new ArrayList<>(model(workers, kind == Kind.warm ? 1 : 0));
    flags.addAll(List.of("--steps", "" + (long) (perRun + 1) * spacing, "--seed", "" + runSeed));
    if (shrinking) {
      flags.addAll(List.of("--no-replace", "--min-workers", "1"));
    }
    var faults = FaultSchedule.faults(runSeed, perRun, workers, spacing, shrinking);
    flags.add("-Dmuster.job.faults=" + JobSpecReader.list(faults));
    return flags;
  }

  private List<String> model(int workers, int spares) {
    var flags = new ArrayList<>(List.of("--model", "mlp", "--workers", "" + workers));
    flags.addAll(List.of("--spares", "" + spares));
    if (sizes.containsKey(workers)) {
      flags.add("-Dmuster.worker.settings.hidden=" + sizes.get(workers).hidden());
    }
    keys.forEach((key, value) -> flags.add("-D" + key + "=" + value));
    return flags;
  }
}
