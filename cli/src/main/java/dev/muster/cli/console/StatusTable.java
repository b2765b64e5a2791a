package dev.muster.cli.console;

import dev.muster.cli.attach.Status;
import dev.muster.master.jmx.JobMXBean;
import dev.muster.master.jmx.MasterSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The screen of {@code muster status}. Pure. */
public final class StatusTable {
  private static final String NODE = "%-12s %-3s %7s  %-12s %9s  %s";
  private static final String RANK = "%4s  %-12s %-12s %8s %9s %5s";

  private StatusTable() {}

  public static List<String> lines(Status status) {
    var lines = new ArrayList<String>();
    var job = status.job();
    if (job == null) {
      lines.add("run " + status.run() + "  no job yet");
    } else {
      job(status.run(), job, lines);
    }
    lines.add("");
    lines.add(
        Figures.format(NODE, "NODE", "ST", "SLOTS", "RANKS", "BEAT AGE", "NOTE").stripTrailing());
    status.nodes().forEach(node -> lines.add(node(node, ranksOf(node, job))));
    if (job != null && !job.ranks().isEmpty()) {
      lines.add("");
      lines.add(Figures.format(RANK, "RANK", "WORKER", "NODE", "PID", "STEP", "LAG"));
      job.ranks().forEach(rank -> lines.add(rank(rank)));
    }
    return lines;
  }

  private static void job(String run, Status.Job job, List<String> lines) {
    lines.add(
        "run "
            + run
            + "  "
            + job.state()
            + "  generation "
            + job.generation()
            + "  step "
            + job.step()
            + "/"
            + job.totalSteps()
            + percent(job)
            + "  left "
            + Figures.duration(job.etaSeconds()));
    if (!job.stateDetail().isEmpty()) {
      lines.add(job.stateDetail());
    }
    lines.add(
        "loss "
            + Figures.loss(job.loss())
            + "  "
            + Figures.rate(job.unitsPerSecond())
            + " "
            + job.unit()
            + "/s"
            + "  workers "
            + job.worldSize()
            + "/"
            + job.maxWorldSize()
            + " (at least "
            + job.minWorldSize()
            + ")"
            + "  spares "
            + job.spares());
    lines.add(
        "recoveries "
            + job.recoveries()
            + (job.recoveries() > 0
                ? " (last " + Figures.ms(job.lastRecoverySeconds() * 1e3) + " ms)"
                : "")
            + "  losses "
            + causes(job)
            + "  user errors left "
            + job.restartsRemaining());
    if (job.lastFailure() != null) {
      lines.add("last failure  " + job.lastFailure().text());
    }
  }

  private static String percent(Status.Job job) {
    return job.totalSteps() > 0
        ? Figures.format(" (%.1f %%)", 100.0 * job.step() / job.totalSteps())
        : "";
  }

  private static String causes(Status.Job job) {
    if (job.restartsByCause().isEmpty()) {
      return "0";
    }
    return job.restartsByCause().entrySet().stream()
        .map(cause -> cause.getValue() + " " + cause.getKey())
        .collect(Collectors.joining(", "));
  }

  private static String ranksOf(MasterSnapshot.NodeRow node, Status.Job job) {
    if (job == null) {
      return "-";
    }
    var ranks =
        job.ranks().stream()
            .filter(rank -> rank.node().equals(node.node()))
            .map(rank -> Integer.toString(rank.rank()))
            .collect(Collectors.joining(","));
    return ranks.isEmpty() ? "-" : ranks;
  }

  private static String node(MasterSnapshot.NodeRow node, String ranks) {
    var age =
        Double.isFinite(node.beatAgeSeconds())
            ? Figures.format("%.1f s", node.beatAgeSeconds())
            : "-";
    return Figures.format(
            NODE,
            node.node(),
            node.state(),
            processes(node, ranks) + "/" + node.slots(),
            ranks,
            age,
            node.note())
        .stripTrailing();
  }

  /** Plain commands do not say that they are ready; their ranks do. */
  private static int processes(MasterSnapshot.NodeRow node, String ranks) {
    return Math.max(node.workers(), ranks.equals("-") ? 0 : ranks.split(",").length);
  }

  private static String rank(JobMXBean.RankRow rank) {
    return Figures.format(
        RANK,
        rank.rank(),
        rank.worker(),
        rank.node(),
        rank.pid(),
        rank.step(),
        rank.lagSteps() < 0 ? "-" : rank.lagSteps());
  }
}
