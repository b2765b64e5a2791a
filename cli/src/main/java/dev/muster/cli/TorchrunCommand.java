package dev.muster.cli;

import dev.muster.cli.bench.Machine;
import dev.muster.cli.process.Programs;
import dev.muster.cli.torchrun.KilledScript;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench torchrun}. */
@Command(
    name = "torchrun",
    description =
        "The same DDP script under torchrun and under Muster, in turns; ranks of it are killed."
            + " Seconds from SIGKILL to the next attempt's first step.",
    footer = {
      "",
      "Needs a Python with PyTorch, such as Debian's python3-torch.",
      "",
      "Examples:",
      "  muster bench torchrun",
      "  muster bench torchrun --python /usr/bin/python3 --kills 10 --results benchmarks/results"
    })
final class TorchrunCommand implements Callable<Integer> {
  private static final int TURNS = 2;

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--kills", paramLabel = "N", description = "Under each. Default: 10.")
  private int kills = 10;

  @Option(names = "--ranks", paramLabel = "N", description = "Default: 4.")
  private int ranks = 4;

  @Option(names = "--seed", paramLabel = "K", description = "Decides who dies. Default: 1.")
  private long seed = 1;

  @Option(names = "--python", paramLabel = "PROGRAM", description = "Default: python3.")
  private String python = "python3";

  @Option(
      names = "--torchrun-flags",
      split = " ",
      paramLabel = "FLAGS",
      description =
          "More of them. Default: -r 1 -t 2, the same as none (1.13 under Python 3.11"
              + " cannot read its own default).")
  private List<String> torchrunFlags = List.of("-r", "1", "-t", "2");

  @Option(names = "--results", paramLabel = "DIR", description = "Keep what is printed there.")
  private Path results;

  @Override
  public Integer call() throws IOException {
    var version =
        Programs.output(List.of(python, "-c", "import torch; print(torch.__version__)"))
            .orElseThrow(() ->
                UserError.usage(
                    "this Python has no PyTorch: --python "
                        + python
                        + "; install python3-torch and take /usr/bin/python3"));
    var file = new ResultFile(spec);
    file.sayCommand();
    Machine.lines().forEach(file::say);
    file.say("PyTorch " + version.strip() + ", gloo, " + ranks + " ranks, SIGKILL to one of them");
    var theirs = new ArrayList<Double>();
    var ours = new ArrayList<Double>();
    for (int turn = 0; turn < TURNS; turn++) {
      int count = kills / TURNS + (turn < kills % TURNS ? 1 : 0);
      measure("torchrun", turn, count, theirs, file);
      measure("muster", turn, count, ours, file);
    }
    summary("torchrun", theirs, file);
    summary("muster", ours, file);
    if (!theirs.isEmpty() && !ours.isEmpty()) {
      file.say(
          String.format(Locale.ROOT, "torchrun / muster: %.2f", median(theirs) / median(ours)));
    }
    file.keep(results);
    return ours.size() == kills ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }

  private void measure(String side, int turn, int count, List<Double> seconds, ResultFile file)
      throws IOException {
    var random = new Random(seed + turn);
    try (var scratch = ScratchFolder.in(Files.createDirectories(Path.of("runs")));
        var script = start(side, scratch.path().toAbsolutePath())) {
      for (int kill = 0; kill < count; kill++) {
        var taken = script.kill(random.nextInt(ranks));
        file.say(line(side, taken));
        if (taken.isEmpty()) {
          return;
        }
        seconds.add(taken.getAsDouble());
      }
    }
  }

  private KilledScript start(String side, Path folder) throws IOException {
    if (side.equals("muster")) {
      return KilledScript.underMuster(python, folder, ranks);
    }
    try (var free = new ServerSocket(0)) {
      int port = free.getLocalPort();
      free.close();
      return KilledScript.underTorchrun(python, folder, ranks, port, torchrunFlags);
    }
  }

  private static String line(String side, OptionalDouble seconds) {
    return seconds.isPresent()
        ? String.format(Locale.ROOT, "  %-9s %6.2f s", side, seconds.getAsDouble())
        : String.format(Locale.ROOT, "  %-9s does not train on", side);
  }

  private void summary(String side, List<Double> seconds, ResultFile file) {
    file.say(
        seconds.isEmpty()
            ? side + ": none"
            : String.format(
                Locale.ROOT,
                "%-9s %d of %d, median %.2f s, %.2f to %.2f s",
                side,
                seconds.size(),
                kills,
                median(seconds),
                Collections.min(seconds),
                Collections.max(seconds)));
  }

  private static double median(List<Double> values) {
    var sorted = values.stream().sorted().toList();
    return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
  }
}
