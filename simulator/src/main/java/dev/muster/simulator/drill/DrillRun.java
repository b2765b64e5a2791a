package dev.muster.simulator.drill;

import dev.muster.master.job.JobConfig;
import dev.muster.protocol.RunId;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.run.Recovery;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.World;
import dev.muster.simulator.account.Ledger;
import dev.muster.simulator.cluster.CheckpointModel;
import dev.muster.simulator.cluster.Cluster;
import dev.muster.simulator.cluster.Listeners;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Plays a drill with one seed: the same seed gives the same history. */
public final class DrillRun {
  private static final long SECOND = 1_000_000_000L;
  private static final long LEASE_NS = 15 * SECOND;
  private static final long BEAT_NS = SECOND / 2;
  private static final long STEPS = 1_000_000_000L; // the horizon ends the drill, not the job

  private final Drill drill;
  private final long seed;
  private final World world;
  private final Cluster cluster;
  private final Ledger ledger;
  private final List<String> told = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();

  private DrillRun(Drill drill, long seed, World world, Hosts hosts) {
    this.drill = drill;
    this.seed = seed;
    this.world = world;
    this.ledger = new Ledger(drill.nodes(), drill.slots());
    var config = JobConfig.of(new RunId("drill"), spec(), drill.nodes(), LEASE_NS, BEAT_NS);
    this.cluster =
        new Cluster(
            world,
            hosts,
            config,
            drill.costs(),
            CheckpointModel.NONE,
            drill.nodes(),
            drill.slots(),
            new Listeners(List.of(ledger)),
            this::violated);
  }

  public static Outcome play(Drill drill, long seed) {
    return play(drill, seed, HostKind.CORE);
  }

  /** The same history on either kind of host. */
  public static Outcome play(Drill drill, long seed, HostKind kind) {
    var world = new World(seed);
    try (var hosts = kind.open(world)) {
      return new DrillRun(drill, seed, world, hosts).play();
    }
  }

  private JobSpec spec() {
    return new JobSpec(
        drill.name(),
        seed,
        STEPS,
        drill.workers(),
        drill.minWorkers(),
        drill.spares(),
        true,
        3,
        Integer.MAX_VALUE,
        drill.horizonNs(),
        SECOND,
        30 * SECOND,
        SECOND,
        new JobSpec.Hang(3, 2 * SECOND),
        List.of(),
        new JobSpec.WorkerSpec(true, List.of("simulated"), Map.of(), Map.of(), 1 << 20));
  }

  private Outcome play() {
    cluster.start();
    for (int line = 0; line < drill.faults().size(); line++) {
      schedule(drill.faults().get(line), line, 0, 0);
    }
    world.runUntil(() -> cluster.result() != null, drill.horizonNs());
    var notes = cluster.notes();
    return new Outcome(
        seed,
        cluster.committed(),
        (double) cluster.committed() * drill.costs().stepNs() / drill.horizonNs(),
        notes.stream().filter(note -> note.topic().equals("generation.formed")).count(),
        notes.stream()
            .filter(note -> note.topic().equals("recovery.done"))
            .map(DrillRun::recovery)
            .toList(),
        List.copyOf(told),
        List.copyOf(violations),
        cluster.result() == null ? "" : cluster.result().reason(),
        world.traceHash(),
        ledger.close(drill.horizonNs(), cluster.training()));
  }

  private void violated(String text) {
    violations.add(at() + text);
  }

  private String at() {
    return String.format(Locale.ROOT, "%.3f s ", world.nowNs() / 1e9);
  }

  private void schedule(Fault fault, int line, int index, long fromNs) {
    long atNs =
        fault.everyNs() == 0
            ? fault.atNs()
            : fromNs + (long) (-Math.log(1 - unit("gap/" + line, index)) * fault.everyNs());
    if (atNs <= drill.horizonNs()) {
      world.after(
          atNs - world.nowNs(),
          () -> {
            strike(fault, line, index);
            if (fault.everyNs() > 0) {
              schedule(fault, line, index + 1, atNs);
            }
          });
    }
  }

  /** Uniform in [0, 1), a function of (seed, stream, index). */
  private double unit(String stream, int index) {
    return (CounterRandom.mix(seed, stream, 0, index) >>> 11) * 0x1.0p-53;
  }

  private void strike(Fault fault, int line, int index) {
    int node =
        fault.node() >= 0 ? fault.node() : (int) (unit("node/" + line, index) * cluster.size());
    long draw = CounterRandom.mix(seed, "worker/" + line, 0, index);
    boolean struck =
        switch (fault.verb()) {
          case CRASH -> cluster.crash(node, draw);
          case HANG -> cluster.hang(node, draw);
          case AGENT_KILL -> cluster.killAgent(node, fault.forNs());
          case NODE_DOWN -> cluster.nodeDown(node, fault.forNs());
          case PARTITION -> cluster.partition(node, fault.forNs());
          case AGENT_PAUSE -> cluster.pauseAgent(node, fault.forNs());
          case MASTER_KILL -> cluster.killMaster(fault.forNs());
        };
    String where = fault.verb() == Fault.Verb.MASTER_KILL ? "" : " n" + node;
    told.add(at() + fault.verb().text() + where + (struck ? "" : ": nothing there to strike"));
  }

  private static Recovery recovery(Observation note) {
    var f = note.fields();
    return new Recovery(
        ((Number) f.get("generation")).longValue(),
        note.text(),
        number(f, "detectMs"),
        number(f, "decideMs"),
        number(f, "revokeMs"),
        number(f, "regroupMs"),
        number(f, "stateMs"),
        number(f, "firstStepMs"),
        number(f, "totalMs"),
        (long) number(f, "stepsRedone"),
        Recovery.Kind.valueOf(String.valueOf(f.get("kind")).toUpperCase(Locale.ROOT)));
  }

  private static double number(Map<String, Object> fields, String name) {
    return fields.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
  }
}
