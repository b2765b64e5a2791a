package dev.muster.simulator.shrink;

import com.typesafe.config.ConfigUtil;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.job.JobSpec;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.Expect;
import dev.muster.simulator.drill.Expect.Never;
import dev.muster.simulator.drill.Policy;
import dev.muster.simulator.fault.Fault;
import java.util.List;
import java.util.Locale;

/** A shrunk plan as a drill file: what broke once is a drill from then on. */
public final class DrillWriter {
  private DrillWriter() {}

  /**
   * @param name of the new drill
   * @param why a comment, one line
   */
  public static String text(Shrinker.Shrunk shrunk, String name, String why) {
    var drill = shrunk.drill();
    var text = new StringBuilder("# " + why.lines().findFirst().orElse("") + "\n");
    text.append("drill = ").append(ConfigUtil.quoteString(name)).append('\n');
    text.append("horizon = ").append(drill.horizonNs()).append("ns\n");
    text.append("seeds = ").append(shrunk.plan().seed()).append('\n');
    text.append("buggify = ");
    text.append(shrunk.plan().buggified().stream().map(Buggify::text).toList()).append('\n');
    fleet(drill, text);
    job(drill, text);
    policy(drill.policy(), text);
    expect(drill, text);
    text.append("faults = [\n");
    shrunk.plan().faults().forEach(fault -> faults(fault, text));
    return text.append("]\n").toString();
  }

  private static void fleet(Drill drill, StringBuilder text) {
    var fleet = drill.fleet();
    text.append(
        "fleet { nodes = %d, nodes-per-rack = %d, racks-per-pod = %d, racks-per-power = %d, slots = %d, gpus-per-node = %d }\n"
            .formatted(
                fleet.nodes(),
                fleet.nodesPerRack(),
                fleet.racksPerPod(),
                fleet.racksPerPower(),
                drill.slots(),
                drill.gpusPerNode()));
  }

  private static void job(Drill drill, StringBuilder text) {
    var costs = drill.costs();
    var checkpoints = drill.checkpoints();
    text.append(
        "job {\n  workers = %d, step = %dns, start = %dns, join = %dns, join-per-rank = %dns, restore = %dns\n"
            .formatted(
                drill.workers(),
                costs.stepNs(),
                costs.startNs(),
                costs.joinNs(),
                costs.joinPerRankNs(),
                costs.restoreNs()));
    text.append(
        "  checkpoint { every = %dns, stall = %dns, restore = %dns, lost-with = %s, storage { every = %dns, restore = %dns } }\n"
            .formatted(
                checkpoints.intervalNs(),
                checkpoints.stallNs(),
                checkpoints.restoreNs(),
                checkpoints.lostWith().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                checkpoints.storedNs(),
                checkpoints.storedRestoreNs()));
    saving(drill.saving(), text);
    text.append("}\nmaster { service = %dns }\n".formatted(costs.serviceNs()));
  }

  private static void saving(Saving saving, StringBuilder text) {
    var settings = saving.settings();
    text.append(
        "  checkpoint { memory-every = %s, copies = %d, copy = %s, persist = %s, keep-last = %d, keep-every = %d, sharded = %s }\n"
            .formatted(
                steps(settings.memoryEvery()),
                settings.copies(),
                interval(settings.copyNs()),
                interval(settings.persistNs()),
                settings.keepLast(),
                settings.keepEvery(),
                saving.sharded()));
    text.append(
        "  checkpoint { bytes-per-rank = %d, copy-per-second = %d, host-copy-per-second = %d, allocate-per-second = %d, copy-spread = %s, network-per-second = %d, storage-per-second = %d }\n"
            .formatted(
                saving.bytesPerRank(),
                saving.copyPerSecond(),
                saving.hostCopyPerSecond(),
                saving.allocatePerSecond(),
                saving.copySpread(),
                saving.networkPerSecond(),
                saving.storagePerSecond()));
  }

  private static String steps(int steps) {
    return steps == JobSpec.Checkpoint.AUTO ? "auto" : Integer.toString(steps);
  }

  private static String interval(long ns) {
    return ns == JobSpec.Checkpoint.AUTO ? "auto" : ns + "ns";
  }

  private static void policy(Policy policy, StringBuilder text) {
    text.append(
        String.format(
            Locale.ROOT,
            "policy.a {\n"
                + "  min-workers = %d, spares = %d, replace = %s, lease = %dns, beat = %dns\n"
                + "  last-call = %dns, start-timeout = %dns, hang { factor = %s, floor = %dns }\n"
                + "}\n",
            policy.minWorkers(),
            policy.spares(),
            policy.replace(),
            policy.leaseNs(),
            policy.beatNs(),
            policy.lastCallNs(),
            policy.startTimeoutNs(),
            policy.hangFactor(),
            policy.hangFloorNs()));
  }

  private static void expect(Drill drill, StringBuilder text) {
    var expect = drill.expect();
    text.append("expect {\n  goodput = ").append(expect.goodput()).append('\n');
    limits("recover", expect.recover(), text);
    limits("detect", expect.detect(), text);
    text.append("  never = ").append(expect.never().stream().map(Never::text).toList());
    text.append("\n}\nstop { first-violation = ").append(drill.stopAtViolation()).append(" }\n");
  }

  private static void limits(String name, Expect.Limits limits, StringBuilder text) {
    text.append(
        "  %s { p50 = %s, p90 = %s, p99 = %s }\n"
            .formatted(name, limit(limits.p50Ns()), limit(limits.p90Ns()), limit(limits.p99Ns())));
  }

  private static String limit(long ns) {
    return ns == Expect.NONE ? "none" : ns + "ns";
  }

  private static void faults(Fault fault, StringBuilder text) {
    var nodes = fault.nodes().isEmpty() ? List.of(-1) : fault.nodes();
    for (int node : nodes) {
      text.append("  { do = ").append(fault.verb().text()).append(", at = ").append(fault.atNs());
      text.append("ns, for = ").append(fault.forNs()).append("ns");
      if (node >= 0) {
        text.append(", node = ").append(node);
      }
      switch (fault.verb().setting()) {
        case FACTOR -> text.append(", factor = ").append(fault.factor());
        case BY -> text.append(", by = ").append(fault.byNs()).append("ns");
        case NONE -> {}
      }
      text.append(", draw = ").append(fault.draw()).append(" }\n");
    }
  }
}
