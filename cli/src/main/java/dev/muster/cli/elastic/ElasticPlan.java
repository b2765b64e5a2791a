package dev.muster.cli.elastic;

import dev.muster.cli.process.JavaCommand;
import dev.muster.worker.data.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What an elastic run goes through: a group on nodes n0 and n1, then n1 is lost, then n2 joins.
 *
 * @param samples in one epoch
 * @param batch samples per step over all ranks
 * @param slots workers that n0, n1 and n2 have room for
 * @param kills single ranks killed at each of the three world sizes
 * @param paceMs how long a step takes at least
 * @param seed of the job and of who dies when
 * @param keys of the configuration, beyond those of the plan
 */
public record ElasticPlan(
    long samples,
    int batch,
    int epochs,
    List<Integer> slots,
    int kills,
    long paceMs,
    long seed,
    Map<String, String> keys) {
  private static final int LATE_PARTS = 3; // from the last third on

  /** World sizes in the order in which they are reached. */
  public List<Integer> worlds() {
    int kept = slots.get(0);
    return List.of(kept + slots.get(1), kept, kept + slots.get(2));
  }

  public long steps() {
    return epochs * sampler().stepsPerEpoch();
  }

  Sampler sampler() {
    return new Sampler(seed, samples, batch);
  }

  /** Steps between two deeds: all of them fit into two thirds of the run. */
  long spacing() {
    int deeds = worlds().size() * (kills + 1);
    return Math.max(1, steps() * 2 / 3 / deeds);
  }

  /** Flags of {@code muster run}. */
  List<String> flags() {
    var flags = new ArrayList<>(List.of("--agents", "0", "--spares", "0", "--seed", "" + seed));
    flags.addAll(List.of("--steps", "" + steps()));
    flags.addAll(List.of("--workers", "" + worlds().get(2), "--min-workers", "" + slots.get(0)));
    setting(flags, "samples", samples);
    setting(flags, "batch", batch);
    setting(flags, "late-from", steps() - steps() / LATE_PARTS);
    setting(flags, "largest-world", worlds().get(2));
    setting(flags, "pace-ms", paceMs);
    flags.add("-Dmuster.job.hang.floor=20s"); // late steps take 3 s
    keys.forEach((key, value) -> flags.add("-D" + key + "=" + value));
    flags.addAll(List.of("--managed", "--"));
    flags.addAll(JavaCommand.trainer(OrderTrainer.class.getName()));
    return flags;
  }

  private static void setting(List<String> flags, String name, long value) {
    flags.add("-Dmuster.worker.settings." + name + "=" + value);
  }
}
