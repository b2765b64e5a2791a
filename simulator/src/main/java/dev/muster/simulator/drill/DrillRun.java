package dev.muster.simulator.drill;

import dev.muster.master.job.JobConfig;
import dev.muster.protocol.RunId;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.job.JobSpec;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.World;
import dev.muster.simulator.account.Ledger;
import dev.muster.simulator.check.Checks;
import dev.muster.simulator.cluster.Cluster;
import dev.muster.simulator.cluster.ClusterListener;
import dev.muster.simulator.cluster.Listeners;
import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.Injector;
import dev.muster.simulator.fault.Plan;
import dev.muster.simulator.fault.Strike;
import dev.muster.simulator.fault.Topology;
import dev.muster.simulator.fault.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** Plays a drill with one seed: the same seed gives the same history. */
public final class DrillRun {
  private static final long SECOND = 1_000_000_000L;
  private static final long STEPS = 1_000_000_000L; // the horizon ends the drill, not the job

  private final Drill drill;
  private final long seed;
  private final Injector injector;
  private final World world;
  private final Cluster cluster;
  private final boolean killsMaster;
  private final Ledger ledger;
  private final Checks checks;
  private final ClusterListener listeners;
  private final Story story = new Story();
  private final Provoked provoked = new Provoked();
  private long stepsHalfway;
  private final List<String> told = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();

  /**
   * @param waits whether lines that wait for an observation strike; a plan that was played has them
   */
  private DrillRun(
      Drill drill,
      Plan plan,
      boolean waits,
      World world,
      Hosts hosts,
      boolean elides,
      List<ClusterListener> others) {
    this.drill = drill;
    this.seed = plan.seed();
    this.injector =
        new Injector(plan, waits ? drill.faults() : List.of(), drill.fleet(), drill.window());
    this.world = world;
    this.ledger = new Ledger(drill.nodes(), drill.slots());
    var config =
        JobConfig.of(
            new RunId("drill"),
            spec(),
            drill.nodes(),
            drill.policy().leaseNs(),
            drill.policy().beatNs());
    this.checks =
        new Checks(
            config,
            drill.costs(),
            drill.checkpoints(),
            drill.saving(),
            drill.nodes(),
            drill.slots(),
            (nowNs, text) -> violated(text));
    this.listeners = listeners(others);
    this.cluster =
        new Cluster(
            world,
            hosts,
            config,
            drill.costs(),
            drill.checkpoints(),
            drill.saving(),
            drill.nodes(),
            drill.slots(),
            listeners,
            elides,
            this::violated);
    cluster.domains(this::domains);
    this.killsMaster = killsMaster(plan, waits);
    if (!killsMaster) {
      cluster.neverKillMaster();
    }
  }

  private List<String> domains(int node) {
    var fleet = drill.fleet();
    return List.of(
        "power-" + fleet.domainOf(Topology.Scope.POWER, node),
        "rack-" + fleet.domainOf(Topology.Scope.RACK, node));
  }

  private boolean killsMaster(Plan plan, boolean waits) {
    return plan.faults().stream().anyMatch(fault -> fault.verb() == Verb.MASTER_KILL)
        || waits && drill.faults().stream().anyMatch(line -> line.verb() == Verb.MASTER_KILL);
  }

  /** Plays what the drill's lines and its profile expand to. */
  public static Outcome play(Drill drill, long seed) {
    return play(drill, seed, HostKind.CORE);
  }

  /**
   * The same history on either kind of host.
   *
   * @param others hear what happens, and change nothing
   */
  public static Outcome play(Drill drill, long seed, HostKind kind, ClusterListener... others) {
    return play(drill, drill.plan(seed), true, kind, true, others);
  }

  /** Plays the faults of a plan and no other: what a run gave out as played gives the same run. */
  public static Outcome replay(Drill drill, Plan plan, HostKind kind, ClusterListener... others) {
    return play(drill, plan, false, kind, true, others);
  }

  /**
   * @param waits whether lines that wait for an observation strike
   * @param elides whether beats are computed as long as nothing can come of them, or all played
   * @param others hear what happens
   */
  static Outcome play(
      Drill drill,
      Plan plan,
      boolean waits,
      HostKind kind,
      boolean elides,
      ClusterListener... others) {
    return play(drill, plan, waits, kind::open, elides, others);
  }

  /** As the others, on hosts of the caller's: how a test plants a bug. */
  public static Outcome play(
      Drill drill,
      Plan plan,
      boolean waits,
      Function<World, Hosts> kind,
      boolean elides,
      ClusterListener... others) {
    var world = new World(plan.seed(), plan.buggified());
    try (var hosts = kind.apply(world)) {
      return new DrillRun(drill, plan, waits, world, hosts, elides, List.of(others)).play();
    }
  }

  private ClusterListener listeners(List<ClusterListener> others) {
    var all = new ArrayList<ClusterListener>(others);
    all.addAll(List.of(ledger, checks.listener(), watcher(), story, provoked));
    return new Listeners(all);
  }

  private ClusterListener watcher() {
    return new ClusterListener() {
      @Override
      public void noted(long nowNs, Observation note) {
        injector.observed(note, nowNs);
      }
    };
  }

  private JobSpec spec() {
    return new JobSpec(
            drill.name(),
            seed,
            Math.min(STEPS, Long.MAX_VALUE / 4 / drill.costs().stepNs()), // their time fits a long
            drill.workers(),
            drill.minWorkers(),
            drill.spares(),
            drill.policy().replace(),
            3,
            Integer.MAX_VALUE,
            drill.horizonNs(),
            drill.policy().lastCallNs(),
            drill.policy().startTimeoutNs(),
            SECOND,
            new JobSpec.Hang(drill.policy().hangFactor(), drill.policy().hangFloorNs()),
            List.of(),
            new JobSpec.WorkerSpec(true, List.of("simulated"), Map.of(), Map.of(), 1 << 20))
        .with(drill.saving().settings());
  }

  private Outcome play() {
    cluster.start();
    if (drill.phases().livenessNs() > 0) {
      long halfwayNs = drill.horizonNs() - drill.phases().livenessNs() / 2;
      world.after(halfwayNs, () -> stepsHalfway = cluster.committed());
    }
    while (!over() && world.nowNs() < drill.horizonNs()) {
      long untilNs = Math.min(injector.nextNs(), drill.horizonNs());
      if (!world.runUntil(() -> over() || injector.changed(), untilNs)) {
        world.runUntil(untilNs); // a fault strikes after all else of its nanosecond
        injector.due(untilNs).forEach(this::strike);
      }
    }
    if (!over() && drill.phases().livenessNs() > 0) {
      Liveness.check(drill, stepsHalfway, cluster.committed(), this::violated);
    }
    var account = ledger.close(drill.horizonNs(), cluster.training());
    checks.end(world.nowNs(), account);
    long steps = cluster.committed();
    String end = cluster.result() == null ? "" : cluster.result().reason();
    var recoveries = story.recoveries();
    fail();
    return new Outcome(
        seed,
        steps,
        (double) steps * drill.costs().stepNs() / drill.horizonNs(),
        story.generations(),
        story.late(),
        recoveries,
        List.copyOf(told),
        List.copyOf(violations),
        end,
        provoked.provoked(),
        world.traceHash(),
        world.events(),
        account,
        world.buggifier().taken(),
        injector.played());
  }

  /** A job that makes checkpoints on storage ends badly, after all else. */
  private void fail() {
    if (!over() && drill.phases().livenessNs() > 0 && drill.saving().settings().persists()) {
      checks.jobEnds();
      new FailedEnd(world, cluster, killsMaster).play().ifPresent(this::violated);
    }
  }

  private void violated(String text) {
    violations.add(at() + text);
  }

  private String at() {
    return String.format(Locale.ROOT, "%.3f s ", world.nowNs() / 1e9);
  }

  /** Also when somebody broke an invariant and nobody wants to know what comes after. */
  private boolean over() {
    return cluster.result() != null || drill.stopAtViolation() && !violations.isEmpty();
  }

  private void strike(Fault fault) {
    checks.disturbed(world.nowNs() + Math.max(0, fault.forNs()));
    boolean struck = Strike.strike(fault, cluster);
    if (struck) {
      listeners.struck(world.nowNs(), fault.nodes(), fault.toString());
    }
    told.add(at() + fault + (struck ? "" : ": nothing there to strike"));
  }
}
