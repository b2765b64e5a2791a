package dev.muster.e2e;

import dev.muster.protocol.run.Result;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A real model whose steps take a few milliseconds, and what its undisturbed runs end with. */
final class SmallModel {
  private static final Map<List<String>, Outcome> OUTCOMES = new HashMap<>();

  private SmallModel() {}

  /**
   * @param losses training loss of each committed step, by step
   */
  record Outcome(Result result, TreeMap<Long, Double> losses) {
    static Outcome of(MusterProcess run) {
      return new Outcome(run.awaitResult(), SmallModel.losses(run));
    }
  }

  /** Flags of {@code muster run}; {@code more} comes after them. */
  static String[] flags(int workers, int steps, String... more) {
    var flags =
        new ArrayList<>(
            List.of("--model", "mlp", "--workers", "" + workers, "--steps", "" + steps));
    for (var setting : List.of("batch=12", "context=2", "hidden=256", "evaluation-windows=20")) {
      flags.add("-Dmuster.worker.settings." + setting);
    }
    // the default for the shipped trainer alone
    flags.add("-Dmuster.worker.settings.decay-steps=" + steps);
    flags.addAll(List.of(more));
    return flags.toArray(String[]::new);
  }

  /** What a run of these sizes that nobody disturbs ends with; made once per JVM. */
  static Outcome undisturbed(MusterRuns muster, int workers, int steps) {
    var flags = flags(workers, steps, "--spares", "0");
    return OUTCOMES.computeIfAbsent(
        List.of(flags),
        f -> {
          var outcome = Outcome.of(muster.run(flags));
          if (outcome.result.exitCode() != 0 || !outcome.result.recoveries().isEmpty()) {
            throw new AssertionError("the undisturbed run was disturbed: " + outcome.result);
          }
          return outcome;
        });
  }

  /**
   * From the sample logs of all workers: of several commits of a step the one of the newest
   * generation counts.
   */
  static TreeMap<Long, Double> losses(MusterProcess run) {
    var generations = new HashMap<Long, Long>();
    var losses = new TreeMap<Long, Double>();
    try (var logs = Files.list(run.folder().samples())) {
      for (var log : logs.toList()) {
        for (var line : Files.readAllLines(log)) {
          var words = line.split(" ");
          if (words[0].equals("C") && words.length == 4) {
            long generation = Long.parseLong(words[1]);
            long step = Long.parseLong(words[2]);
            if (generation >= generations.getOrDefault(step, 0L)) {
              generations.put(step, generation);
              losses.put(step, Double.valueOf(words[3]));
            }
          }
        }
      }
    } catch (java.io.IOException e) {
      throw new AssertionError("cannot read the losses", e);
    }
    return losses;
  }
}
