package dev.muster.cli.local;

import dev.muster.cli.UserError;
import dev.muster.master.job.JobConfig;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.run.RunJson;
import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.local.LocalPlan;
import dev.muster.simulator.local.MeasuredCosts;
import dev.muster.simulator.local.PredictedMeasured;
import dev.muster.simulator.local.Prediction;
import dev.muster.simulator.report.ComparisonPage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Plays a drill on real processes and in virtual time, and compares. What things cost is measured
 * by a run before, or read from a file: never from the run that is compared.
 */
public final class LocalDrill {
  private static final long SECOND = 1_000_000_000L;

  /** Between two kills of the calibration: steps are warm again some seconds after each. */
  private static final long SPACING_NS = 10 * SECOND;

  private final Drill drill;
  private final Site site;
  private final Terms terms;
  private final Consumer<String> say;

  /**
   * @param horizonNs how long, from the moment when steps have settled
   * @param out folder for everything
   * @param calibration file of {@link MeasuredCosts}; null: measure
   * @param kills of the calibration
   */
  public record Terms(long horizonNs, Path out, Path calibration, int kills) {}

  public LocalDrill(Drill drill, Site site, Terms terms, Consumer<String> say) {
    this.drill = drill;
    this.site = site;
    this.terms = terms;
    this.say = say;
  }

  /**
   * Writes {@code local.json}, {@code report.html} and {@code calibration.json} into the out
   * folder.
   */
  public PredictedMeasured play() throws IOException, InterruptedException {
    Files.createDirectories(terms.out);
    var plan = LocalPlan.of(drill, site.seed(), site.agents(), terms.horizonNs);
    introduce(plan);
    var costs = costs();
    say.accept("costs    " + costs);
    String busy = busy();
    say.accept(
        "real     "
            + terms.horizonNs / SECOND
            + " s from the moment when steps have settled, "
            + busy);
    var real = RealRun.play(folder("measured"), site, plan, terms.horizonNs, this::indented);
    var config = config(real.folder());
    var predicted =
        Prediction.play(plan, config, costs, site.agents(), site.seed(), terms.horizonNs);
    var compared =
        PredictedMeasured.of(
            drill.name(),
            site.seed(),
            busy,
            costs,
            plan,
            predicted,
            real.observed(terms.horizonNs));
    Files.write(terms.out.resolve("local.json"), RunJson.bytes(compared));
    Files.writeString(terms.out.resolve("report.html"), ComparisonPage.html(compared));
    LocalTable.lines(compared).forEach(say);
    say.accept("files    " + terms.out.toAbsolutePath());
    return compared;
  }

  /** A name of its own, because a run is found by it among all processes. */
  private Path folder(String what) {
    return terms.out.resolve(terms.out.getFileName() + "-" + what);
  }

  private void indented(String line) {
    say.accept("         " + line);
  }

  private void introduce(LocalPlan plan) {
    say.accept(
        "here     %d agents, %d workers (at least %d) + %d spares, seed %d; the drill has %d nodes and %d workers"
            .formatted(
                site.agents(),
                site.workers(),
                site.minWorkers(),
                site.spares(),
                site.seed(),
                drill.nodes(),
                drill.workers()));
    plan.faults()
        .forEach(f ->
            say.accept("fault    " + String.format(Locale.ROOT, "%.1f s ", f.atNs() / 1e9) + f));
    plan.impossible().forEach(line -> say.accept("not here " + line));
    if (plan.faults().isEmpty()) {
      say.accept(
          "no fault of this drill strikes within the time: a longer --for, or another drill");
    }
  }

  private MeasuredCosts costs() throws IOException, InterruptedException {
    if (terms.calibration != null) {
      return RunJson.value(Files.readAllBytes(terms.calibration), MeasuredCosts.class);
    }
    String busy = busy();
    say.accept("calibration: " + terms.kills + " kills, " + busy);
    var costs =
        Calibrator.measure(
            folder("calibration"), site, terms.kills, SPACING_NS, busy, this::indented);
    Files.write(terms.out.resolve("calibration.json"), RunJson.bytes(costs));
    return costs;
  }

  private static JobConfig config(RunFolder folder) {
    try {
      return JobConfig.of(folder.run(), JobSpecReader.read(List.of(folder.job()), Map.of()));
    } catch (JobSpecException wrong) {
      throw UserError.broken(wrong.getMessage());
    }
  }

  private static String busy() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return String.format(
        Locale.ROOT,
        "load average %.1f on %d cores before it",
        system.getSystemLoadAverage(),
        system.getAvailableProcessors());
  }
}
