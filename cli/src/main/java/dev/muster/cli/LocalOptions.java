package dev.muster.cli;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import dev.muster.cli.local.LocalDrill;
import dev.muster.cli.local.Site;
import dev.muster.cli.process.RunsDirectory;
import dev.muster.simulator.drill.Drill;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Option;

/** The flags of {@code muster drill run --in local}. */
final class LocalOptions {
  @Option(
      names = "--in",
      paramLabel = "PLACE",
      description =
          "local: real processes on this machine, with what was predicted beside what was"
              + " measured. Default: simulation.")
  private String place = "simulation";

  @Option(
      names = "--for",
      paramLabel = "TIME",
      description =
          "--in local: how long, once steps have settled. Default: the drill's, 60s at most.")
  private String length;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "--in local: world size. Default: the drill's.")
  private Integer workers;

  @Option(
      names = "--agents",
      paramLabel = "N",
      description = "--in local: node agents. Default: one for each node, 2 at most.")
  private Integer agents;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description =
          "--in local: what things cost here, a calibration.json of before. Default: a run of its"
              + " own measures it first.")
  private Path calibration;

  @Option(
      names = "--kills",
      paramLabel = "N",
      description = "--in local: of the calibration. Default: 6.")
  private int kills = 6;

  @Option(
      names = "-D",
      paramLabel = "key=value",
      description = "--in local: any key of the job's configuration.")
  private Map<String, String> keys = Map.of();

  /** Whether real processes are asked for. */
  boolean asked() {
    if (!place.equals("local") && !place.equals("simulation")) {
      throw UserError.usage("no such place: expected=simulation|local actual=--in " + place);
    }
    return place.equals("local");
  }

  /**
   * @param to folder for everything, null: a new one in {@code runs/}
   */
  int play(Drill drill, long seed, Path to, PrintWriter out)
      throws IOException, InterruptedException {
    int size = workers == null ? drill.workers() : workers;
    if (size > Site.WORKERS_MAX || size < 1) {
      throw UserError.usage(
          "the drill's %d workers are too many for one machine: expected 1 to %d; say --workers N"
              .formatted(size, Site.WORKERS_MAX));
    }
    var site =
        new Site(
            agents == null ? Math.min(2, drill.nodes()) : agents,
            size,
            Math.min(drill.minWorkers(), size),
            Math.min(drill.spares(), Site.WORKERS_MAX - size + 1),
            seed,
            keys);
    var folder = to == null ? RunsDirectory.standard().fresh(Instant.now()) : to;
    if (Files.exists(folder.resolve("local.json"))) {
      throw UserError.usage("the folder holds a drill already: " + folder);
    }
    var terms = new LocalDrill.Terms(horizonNs(drill), folder, calibration, kills);
    new LocalDrill(
            drill,
            site,
            terms,
            line -> {
              out.println(line);
              out.flush();
            })
        .play();
    return ExitCodes.SUCCESS;
  }

  private long horizonNs(Drill drill) {
    if (length == null) {
      return Math.min(drill.horizonNs(), TimeUnit.MINUTES.toNanos(1));
    }
    try {
      return ConfigFactory.parseMap(Map.of("for", length)).getDuration("for", TimeUnit.NANOSECONDS);
    } catch (ConfigException wrong) {
      throw UserError.usage("not a time: --for " + length + "; write 60s or 2m");
    }
  }
}
