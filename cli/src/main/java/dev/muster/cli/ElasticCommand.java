package dev.muster.cli;

import dev.muster.cli.bench.Machine;
import dev.muster.cli.elastic.ElasticEvidence;
import dev.muster.cli.elastic.ElasticPlan;
import dev.muster.cli.elastic.ElasticRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench elastic}. */
@Command(
    name = "elastic",
    description =
        "Change the world size and kill workers under way; every sample must be used once per"
            + " epoch, in the order of the seed.",
    footer = {
      "",
      "Nodes n0 and n1 train, n1 is killed with its workers, n2 joins. The final state folds every",
      "sample in order and must be the one computed from the seed alone; the journal is decided"
          + " again,",
      "and each rank's log must hold what seed and journal say.",
      "",
      "Examples:",
      "  muster bench elastic",
      "  muster bench elastic --samples 10007 --batch 256 --slots 2,1,2 --seeds 7"
    })
final class ElasticCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--samples", paramLabel = "N", description = "Per epoch. Default: 100003.")
  private long samples = 100_003;

  @Option(names = "--batch", paramLabel = "N", description = "Per step. Default: 512.")
  private int batch = 512;

  @Option(names = "--epochs", paramLabel = "N", description = "Default: 2.")
  private int epochs = 2;

  @Option(
      names = "--slots",
      split = ",",
      paramLabel = "N",
      description = "Workers of n0, n1 and n2. Default: 5,2,4, worlds of 7, 5 and 9.")
  private List<Integer> slots = List.of(5, 2, 4);

  @Option(
      names = "--kills",
      paramLabel = "N",
      description = "Single ranks, at each world size. Default: 3.")
  private int kills = 3;

  @Option(names = "--pace-ms", paramLabel = "MS", description = "Of a step. Default: 100.")
  private long paceMs = 100;

  @Option(
      names = "--seeds",
      split = ",",
      paramLabel = "K",
      description = "One run each. Default: 1,2,3.")
  private List<Long> seeds = List.of(1L, 2L, 3L);

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the run folders go. Default: a new one in runs/.")
  private Path dir;

  @Option(names = "-D", paramLabel = "key=value", description = "Any key of the configuration.")
  private Map<String, String> keys = Map.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    require();
    var out = spec.commandLine().getOut();
    var parent = dir == null ? Path.of("runs", "elastic-" + ProcessHandle.current().pid()) : dir;
    Files.createDirectories(parent);
    Machine.lines().forEach(out::println);
    boolean good = true;
    for (long seed : seeds) {
      var plan = new ElasticPlan(samples, batch, epochs, slots, kills, paceMs, seed, keys);
      good &= play(parent.resolve("seed-" + seed).toAbsolutePath(), plan, out);
    }
    return good ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }

  private void require() {
    boolean sizes = samples > 0 && batch > 0 && epochs > 0 && kills >= 0 && paceMs >= 0;
    if (!sizes || slots.size() != 3 || slots.stream().anyMatch(n -> n < 1)) {
      throw UserError.usage("needed are samples, a batch, an epoch and three nodes with slots");
    }
  }

  private static boolean play(Path folder, ElasticPlan plan, PrintWriter out)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    say(out, "\nseed " + plan.seed() + ", " + plan.steps() + " steps, folder " + folder);
    ElasticEvidence evidence = ElasticRun.play(folder, plan, line -> say(out, "  " + line));
    evidence.lines().forEach(line -> say(out, "  " + line));
    var complaints = evidence.complaints();
    complaints.forEach(complaint -> say(out, "  FAILED: " + complaint));
    say(
        out,
        String.format(
            Locale.ROOT,
            "  %s: kills=%d and a node, recoveries=%d, %.0f s",
            complaints.isEmpty() ? "passed" : "FAILED",
            evidence.kills(),
            evidence.result().recoveries().size(),
            (System.nanoTime() - began) / 1e9));
    return complaints.isEmpty();
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }
}
