package dev.muster.cli.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a drill is mapped to this machine.
 *
 * @param keys of the configuration, over all others
 */
public record Site(
    int agents, int workers, int minWorkers, int spares, long seed, Map<String, String> keys) {
  /** More JVMs than that measure the machine, not the recovery. */
  public static final int WORKERS_MAX = 8;

  /** Flags of {@code muster run} for a job that ends only when it is told to. */
  List<String> flags() {
    var flags = new ArrayList<>(List.of("--model", "mlp", "--steps", "1000000000"));
    flags.addAll(List.of("--agents", "" + agents, "--workers", "" + workers));
    flags.addAll(List.of("--min-workers", "" + minWorkers, "--spares", "" + spares));
    flags.addAll(List.of("--seed", "" + seed));
    flags.add("-Dmuster.job.max-infrastructure-failures=1000000");
    keys.forEach((key, value) -> flags.add("-D" + key + "=" + value));
    return flags;
  }

  int slots() {
    return workers + spares;
  }
}
