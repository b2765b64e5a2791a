package dev.muster.cli;

import dev.muster.simulator.account.History;
import dev.muster.simulator.check.Checks;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.cluster.CheckpointModel;
import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.fault.Plan;
import dev.muster.simulator.report.DrillReport;
import dev.muster.simulator.report.Judged;
import dev.muster.simulator.report.ResultsFolder;
import dev.muster.simulator.report.Setting;
import dev.muster.simulator.report.Setting.Modelled;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code muster drill run} leaves in its results folder. */
final class DrillResults {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private DrillResults() {}

  /** {@code drills/NAME-TIME} below the working directory. */
  static Path fresh(Drill drill, Instant now) {
    String name = drill.name().replaceAll("[^A-Za-z0-9._-]", "-");
    return Path.of("drills", name + "-" + TIME.format(now));
  }

  /**
   * @param replay see {@link Setting}
   * @param others the same seeds with policy B, or empty
   * @param worst the history of the worst seed
   */
  static DrillReport report(
      Drill drill, String replay, List<Judged> seeds, List<Judged> others, History worst) {
    worst.end(drill.horizonNs());
    return new DrillReport(setting(drill, replay), seeds, others, worst);
  }

  static void write(DrillReport report, Path folder) throws IOException {
    new ResultsFolder(folder).write(report);
  }

  private static Setting setting(Drill drill, String replay) {
    return new Setting(
        drill.name(),
        replay,
        drill.horizonNs(),
        drill.nodes(),
        drill.fleet().nodesPerRack(),
        drill.slots(),
        drill.workers(),
        drill.spares(),
        Version.text(),
        Plan.FORMAT,
        Checks.NAMES,
        modelled(drill));
  }

  private static List<Modelled> modelled(Drill drill) {
    var costs = drill.costs();
    String from =
        drill.profile().map(profile -> "profile " + profile.name()).orElse("drill or default");
    var parts = new ArrayList<Modelled>();
    parts.add(part("one step of the whole group", costs.stepNs(), "drill"));
    parts.add(part("start of a process", costs.startNs(), from));
    parts.add(part("collective initialisation", costs.joinNs(), from));
    parts.add(part("more of it for every rank", costs.joinPerRankNs(), from));
    parts.add(part("passing the state to a newcomer", costs.restoreNs(), from));
    parts.add(part("the operating system's notice of a death", costs.noticeNs(), "default"));
    parts.add(new Modelled("a message", "0.05 to 0.25 ms, in order", "simulator"));
    parts.add(part("the master's time for a message, beats apart", costs.serviceNs(), "drill"));
    parts.add(drill.saving().on() ? saves(drill.saving(), from) : checkpoints(drill.checkpoints()));
    drill
        .profile()
        .ifPresent(profile ->
            profile
                .figures()
                .forEach(figure ->
                    parts.add(
                        new Modelled(
                            profile.name() + ": " + figure.section(),
                            "confidence " + figure.confidence(),
                            figure.source()))));
    return parts;
  }

  private static Modelled checkpoints(CheckpointModel model) {
    String value =
        model.none()
            ? "none: without a holder training begins at step 0"
            : String.format(
                    Locale.ROOT,
                    "every %.1f s, stall %.1f s, restore %.1f s, state lost with %s",
                    model.intervalNs() / 1e9,
                    model.stallNs() / 1e9,
                    model.restoreNs() / 1e9,
                    model.lostWith().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                + stored(model);
    return new Modelled("checkpoints", value, "drill; the master knows nothing of them yet");
  }

  private static String stored(CheckpointModel model) {
    return model.inMemory()
        ? String.format(
            Locale.ROOT,
            "; in the memory of hosts, every %.1f s on storage, restore from there %.1f s",
            model.storedNs() / 1e9,
            model.storedRestoreNs() / 1e9)
        : "";
  }

  private static Modelled saves(Saving saving, String source) {
    String value =
        String.format(
            Locale.ROOT,
            "%.2f GB a rank; GB/s: copy %s, of a host together %s, first use of memory %s, network"
                + " %s, storage %s",
            saving.bytesPerRank() / 1e9,
            gigabytes(saving.copyPerSecond()),
            gigabytes(saving.hostCopyPerSecond()),
            gigabytes(saving.allocatePerSecond()),
            gigabytes(saving.networkPerSecond()),
            gigabytes(saving.storagePerSecond()));
    return new Modelled("moving the bytes of checkpoints", value, source);
  }

  private static String gigabytes(long perSecond) {
    return perSecond == 0 ? "no limit" : String.format(Locale.ROOT, "%.2f", perSecond / 1e9);
  }

  private static Modelled part(String what, long ns, String source) {
    return new Modelled(what, length(ns), source);
  }

  private static String length(long ns) {
    return ns >= 1_000_000_000L
        ? String.format(Locale.ROOT, "%.1f s", ns / 1e9)
        : String.format(Locale.ROOT, "%.1f ms", ns / 1e6);
  }
}
