package dev.muster.cli;

import dev.muster.protocol.job.JobSpecReader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/**
 * The flags of {@code muster run} that describe the job; each becomes a key of the configuration.
 */
final class JobFlags {
  @Option(names = "--workers", paramLabel = "N", description = "World size. Default: 4.")
  private Integer workers;

  @Option(names = "--steps", paramLabel = "S", description = "Steps to commit.")
  private Long steps;

  @Option(names = "--seed", paramLabel = "K", description = "Every random draw derives from it.")
  private Long seed;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "Text to train on. Default: the one shipped.")
  private Path data;

  @Option(
      names = "--model",
      paramLabel = "gpt|mlp",
      description = "Shipped model: a byte-level GPT or a small one for quick tries.")
  private String model;

  @Option(
      names = "--min-workers",
      paramLabel = "M",
      description = "Fewest workers that may go on. Default: as many as --workers.")
  private Integer minWorkers;

  @Option(
      names = "--no-replace",
      description = "Shrink when a worker is lost instead of replacing it.")
  private boolean noReplace;

  @Option(
      names = "--spares",
      paramLabel = "N",
      description = "Warm spares. Default: 1, or 0 for a command of your own.")
  private Integer spares;

  @Option(
      names = "--checkpoints",
      paramLabel = "FOLDER|URI",
      description =
          "Where checkpoints go, such as s3://BUCKET/PREFIX. Default: into the run folder.")
  private String checkpoints;

  @Option(
      names = "--max-restarts",
      paramLabel = "N",
      description = "User errors tolerated; infrastructure failures are counted apart. Default: 3.")
  private Integer maxRestarts;

  @Option(
      names = "--fail",
      paramLabel = "rank=R@step=S",
      description = "Kill that rank with SIGKILL at that step; may be repeated.")
  private List<String> faults = List.of();

  @Option(
      names = "--managed",
      description = "COMMAND speaks the worker protocol and keeps its process across recoveries.")
  private boolean managed;

  @Option(
      names = "--store",
      paramLabel = "agent|trainer",
      description =
          "Who serves the store at which PyTorch ranks of COMMAND meet: the agent, or rank 0."
              + " Default: agent.")
  private String store;

  @Option(
      names = "-D",
      paramLabel = "key=value",
      description = "Any key of the configuration, for example -Dmuster.job.grace=5s.")
  private Map<String, String> keys = Map.of();

  /**
   * What the command line says, as keys of the configuration.
   *
   * @param command empty to leave it to the configuration
   */
  Map<String, String> overrides(List<String> command) {
    var overrides = new LinkedHashMap<String, String>();
    put(overrides, "muster.job.workers", workers);
    put(overrides, "muster.job.steps", steps);
    put(overrides, "muster.job.seed", seed);
    put(overrides, "muster.job.min-workers", minWorkers);
    put(overrides, "muster.checkpoint.folder", checkpoints);
    put(overrides, "muster.job.max-restarts", maxRestarts);
    put(overrides, "muster.job.replace", noReplace ? Boolean.FALSE : null);
    put(overrides, "muster.job.spares", spares);
    put(overrides, "muster.job.store", store);
    put(overrides, "muster.worker.settings.model", model);
    put(overrides, "muster.worker.settings.data", data == null ? null : data.toAbsolutePath());
    put(overrides, "muster.job.faults", faults.isEmpty() ? null : JobSpecReader.list(faults));
    if (!command.isEmpty()) {
      overrides.put("muster.worker.managed", Boolean.toString(managed));
      overrides.put("muster.worker.command", JobSpecReader.list(command));
    }
    overrides.putAll(keys);
    return overrides;
  }

  Path data() {
    return data;
  }

  private static void put(Map<String, String> overrides, String key, Object value) {
    if (value != null) {
      overrides.put(key, value.toString());
    }
  }
}
