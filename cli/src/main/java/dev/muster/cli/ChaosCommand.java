package dev.muster.cli;

import dev.muster.cli.bench.BenchRun;
import dev.muster.cli.process.Interrupts;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench chaos}. */
@Command(
    name = "chaos",
    description = "Kill a random worker every few seconds; training must go on without a hand.",
    footer = {
      "",
      "Fails when no step is committed for --patience seconds, when the run ends by itself, or when"
          + " a sample",
      "was not used exactly once.",
      "",
      "Example:",
      "  muster bench chaos --minutes 10"
    })
final class ChaosCommand implements Callable<Integer> {
  private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long STOP_NS = TimeUnit.MINUTES.toNanos(2);

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--minutes", paramLabel = "M", description = "Default: 10.")
  private double minutes = 10;

  @Option(
      names = "--every",
      paramLabel = "SECONDS",
      description = "Mean time between two kills. Default: 4.")
  private double everySeconds = 4;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      description = "Longest time without a committed step. Default: 60.")
  private double patienceSeconds = 60;

  @Option(names = "--workers", paramLabel = "N", description = "Default: 4.")
  private int workers = 4;

  @Option(names = "--seed", paramLabel = "K", description = "Decides who dies when. Default: 1.")
  private long seed = 1;

  @Option(names = "--model", paramLabel = "gpt|mlp", description = "Default: mlp.")
  private String model = "mlp";

  @Option(names = "-D", paramLabel = "key=value", description = "Any key of the configuration.")
  private Map<String, String> keys = Map.of();

  private int killed;
  private long newestStep;

  @Override
  public Integer call() throws Exception {
    var folder =
        Files.createDirectories(Path.of("runs"))
            .resolve("chaos-" + ProcessHandle.current().pid())
            .toAbsolutePath();
    say(
        "seed "
            + seed
            + ", "
            + minutes
            + " minutes, a kill every "
            + everySeconds
            + " s on average, folder "
            + folder);
    var run = BenchRun.start(folder, flags());
    try {
      torment(run);
      run.stop();
      return verdict(run.await(STOP_NS).orElseThrow(() -> failure("no result", run)));
    } finally {
      run.kill();
    }
  }

  private List<String> flags() {
    var flags =
        new ArrayList<>(List.of("--model", model, "--workers", "" + workers, "--seed", "" + seed));
    flags.addAll(List.of("--spares", "1", "--steps", "1000000000"));
    flags.add("-Dmuster.job.max-infrastructure-failures=1000000");
    keys.forEach((key, value) -> flags.add("-D" + key + "=" + value));
    return flags;
  }

  private void torment(BenchRun run) throws IOException, InterruptedException {
    var random = new SplittableRandom(seed);
    var pause = Interrupts.none();
    long end = System.nanoTime() + (long) (minutes * 60e9);
    long nextKill = System.nanoTime() + wait(random);
    long lastAdvance = System.nanoTime();
    while (System.nanoTime() - end < 0) {
      pause.await(POLL_NS);
      if (!run.alive()) {
        throw failure("the run ended by itself", run);
      }
      var progress = run.progress();
      long now = System.nanoTime();
      if (progress.step() > newestStep) {
        newestStep = progress.step();
        lastAdvance = now;
      }
      if (now - lastAdvance > patienceSeconds * 1e9) {
        throw failure(
            "no step committed for "
                + patienceSeconds
                + " s: step="
                + newestStep
                + " state="
                + progress.state(),
            run);
      }
      if (now - nextKill >= 0 && newestStep > 0) {
        kill(progress, random);
        nextKill = now + wait(random);
      }
    }
  }

  /** Between half the mean and one and a half of it. */
  private long wait(SplittableRandom random) {
    return (long) ((0.5 + random.nextDouble()) * everySeconds * 1e9);
  }

  private void kill(Progress progress, SplittableRandom random) {
    if (progress.ranks().isEmpty()) {
      return;
    }
    var rank = progress.ranks().get(random.nextInt(progress.ranks().size()));
    if (ProcessHandle.of(rank.pid()).map(ProcessHandle::destroyForcibly).orElse(false)) {
      killed++;
      say(
          "killed "
              + killed
              + ": rank "
              + rank.rank()
              + " ("
              + rank.worker()
              + ", pid "
              + rank.pid()
              + ") at step "
              + progress.step());
    }
  }

  private int verdict(Result result) {
    boolean exact = result.samples() == null || result.samples().exactlyOnce();
    boolean good = exact && result.state() == RunState.CANCELLED && result.steps() >= newestStep;
    say(
        (good ? "passed" : "FAILED")
            + ": kills="
            + killed
            + " recoveries="
            + result.recoveries().size()
            + " steps="
            + result.steps()
            + " lastSeenStep="
            + newestStep
            + " state="
            + result.state()
            + " exactlyOnce="
            + exact
            + " seed="
            + seed);
    return good ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }

  private UserError failure(String what, BenchRun run) {
    return UserError.failed(what + "; kills=" + killed + " seed=" + seed + " log=" + run.log());
  }

  private void say(String text) {
    spec.commandLine().getOut().println(text);
    spec.commandLine().getOut().flush();
  }
}
