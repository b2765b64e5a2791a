package dev.muster.cli;

import dev.muster.cli.bench.Machine;
import dev.muster.cli.kills.Campaign;
import dev.muster.cli.kills.Moment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench checkpoint-kills}. */
@Command(
    name = "checkpoint-kills",
    description =
        "Kill ranks, agents and hosts while they save, copy, persist and restore; every restored"
            + " byte is verified.",
    footer = {
      "",
      "An agent stands for a host: when a host is killed, what was in its memory is deleted.",
      "The state of all workers lies in memory about six times: 8 workers of 64 MiB need 4 GiB.",
      "",
      "Example:",
      "  muster bench checkpoint-kills --kills 200 --workers 8 --agents 2 --mib 64"
    })
final class CheckpointKillsCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--kills", paramLabel = "N", description = "Default: 200.")
  private int kills = 200;

  @Option(names = "--workers", paramLabel = "N", description = "Default: 8.")
  private int workers = 8;

  @Option(names = "--agents", paramLabel = "N", description = "Default: 2.")
  private int agents = 2;

  @Option(names = "--mib", paramLabel = "MIB", description = "State of one rank. Default: 64.")
  private long mebibytes = 64;

  @Option(
      names = "--replicated",
      description = "Every rank holds the whole state. Default: each holds a part.")
  private boolean replicated;

  @Option(
      names = "--moments",
      split = ",",
      paramLabel = "MOMENT",
      description = "In turn, of ${COMPLETION-CANDIDATES}. Default: drawn.")
  private List<Moment> moments = List.of();

  @Option(names = "--minutes", paramLabel = "M", description = "No kill later. Default: 120.")
  private double minutes = 120;

  @Option(names = "--seed", paramLabel = "K", description = "Decides who dies when. Default: 1.")
  private long seed = 1;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Folder of the run, new. Default: in runs/.")
  private Path dir;

  @Option(names = "-D", paramLabel = "key=value", description = "Any key of the configuration.")
  private Map<String, String> keys = Map.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (workers < 2 || agents < 1 || agents > workers || mebibytes < 1 || kills < 1) {
      throw UserError.usage(
          "needed are 2 workers or more, no more agents than workers, a MiB and a kill");
    }
    Machine.lines().forEach(this::say);
    say("replay: " + replay());
    try {
      var result = new Campaign(plan(), folder(), this::say).play();
      result.lines().forEach(this::say);
      return result.faults().isEmpty() ? ExitCodes.SUCCESS : ExitCodes.FAILED;
    } catch (IOException e) {
      throw UserError.failed(e.getMessage() + "; replay: " + replay());
    }
  }

  private Campaign.Plan plan() {
    long limitNs = (long) (minutes * 60e9);
    return new Campaign.Plan(
        !replicated, workers, agents, mebibytes, kills, moments, seed, limitNs, keys);
  }

  private Path folder() throws IOException {
    var folder =
        dir == null ? Path.of("runs", "checkpoint-kills-" + ProcessHandle.current().pid()) : dir;
    Files.createDirectories(folder.toAbsolutePath().getParent());
    return folder.toAbsolutePath();
  }

  private String replay() {
    var given = moments.stream().map(Moment::name).toList();
    return "./muster bench checkpoint-kills --kills %d --workers %d --agents %d --mib %d --seed %d%s%s"
        .formatted(
            kills,
            workers,
            agents,
            mebibytes,
            seed,
            replicated ? " --replicated" : "",
            given.isEmpty() ? "" : " --moments " + String.join(",", given));
  }

  private void say(String line) {
    spec.commandLine().getOut().println(line);
    spec.commandLine().getOut().flush();
  }
}
