package dev.muster.cli;

import dev.muster.cli.abort.AbortBench;
import dev.muster.cli.abort.AbortReport;
import dev.muster.cli.abort.KillCampaign;
import dev.muster.cli.bench.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench abort}. */
@Command(
    name = "abort",
    description =
        "How fast a group ends for ranks in any call, and comes back; or ranks killed in calls.",
    footer = {
      "",
      "Without --kills: ranks wait in every kind of call until the group is aborted, by its monitor"
          + " and by",
      "a peer, at 2 ranks and at 4 times the cores; groups of 64 ranks are rebuilt; what the"
          + " processes hold is",
      "counted before and after. With --kills: a process is killed at a random moment of random"
          + " calls.",
      "",
      "Examples:",
      "  muster bench abort",
      "  muster bench abort --kills 1000"
    })
final class AbortCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--rounds", paramLabel = "N", description = "Groups made. Default: 1000.")
  private int rounds = 1000;

  @Option(names = "--kills", paramLabel = "N", description = "Kill so many ranks instead.")
  private int kills;

  @Option(names = "--ranks", paramLabel = "N", description = "With --kills. Default: 3.")
  private int ranks = 3;

  @Option(
      names = "--bound-ms",
      paramLabel = "MS",
      description = "With --kills: a survivor that returns later is a fault. Default: 1000.")
  private long boundMs = 1000;

  @Option(names = "--seed", paramLabel = "K", description = "Default: 1.")
  private long seed = 1;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "For the segments. Default: /dev/shm.")
  private Path folder = Path.of("/dev/shm");

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (rounds < 1 || kills < 0 || ranks < 2) {
      throw UserError.usage("needed are a round and 2 ranks");
    }
    Machine.lines().forEach(this::say);
    say("command: ./muster " + command());
    try {
      return kills > 0 ? kill() : measure();
    } catch (IOException e) {
      throw UserError.failed(e.getMessage());
    }
  }

  private String command() {
    return String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  private int measure() throws IOException, InterruptedException {
    int cores = Runtime.getRuntime().availableProcessors();
    AbortReport.machine().forEach(this::say);
    boolean clean = measure("ranks <= cores", new AbortBench.Plan(2, 2, rounds, seed));
    clean &= measure("ranks > cores", new AbortBench.Plan(4 * cores, 4, (rounds + 9) / 10, seed));
    clean &= measure("64 ranks", new AbortBench.Plan(64, 4, (rounds + 31) / 32, seed));
    return clean ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }

  private boolean measure(String what, AbortBench.Plan plan) throws IOException {
    try (var bench = new AbortBench(plan, folder)) {
      var result = bench.run();
      AbortReport.lines(what, plan, result).forEach(this::say);
      return AbortReport.leaks(result).isEmpty();
    }
  }

  private int kill() throws IOException {
    var plan = new KillCampaign.Plan(kills, ranks, seed, boundMs * 1_000_000);
    say("replay: " + KillCampaign.replay(plan));
    try (var campaign = new KillCampaign(plan, folder)) {
      var result = campaign.run();
      AbortReport.lines(result).forEach(this::say);
      boolean clean = result.faults().isEmpty() && result.left().isEmpty();
      return clean ? ExitCodes.SUCCESS : ExitCodes.FAILED;
    }
  }

  private void say(String line) {
    spec.commandLine().getOut().println(line);
    spec.commandLine().getOut().flush();
  }
}
