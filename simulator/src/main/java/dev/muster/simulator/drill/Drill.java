package dev.muster.simulator.drill;

import dev.muster.protocol.core.Buggify;
import dev.muster.simulator.Buggifier;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.cluster.CheckpointModel;
import dev.muster.simulator.cluster.Costs;
import dev.muster.simulator.fault.FaultSpec;
import dev.muster.simulator.fault.Plan;
import dev.muster.simulator.fault.Topology;
import dev.muster.simulator.fault.Window;
import dev.muster.simulator.hardware.Failures;
import dev.muster.simulator.hardware.Profile;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A failure drill: a cluster, a job, what happens to it, and what is expected.
 *
 * @param horizonNs how long the job is watched
 * @param slots workers that a node may run at once
 * @param gpusPerNode for figures only
 * @param workers world size aimed at
 * @param checkpoints as the world models them, when the job makes none itself
 * @param saving checkpoints that the job makes itself
 * @param policy what the master decides with
 * @param other what it is compared with; empty: nothing
 * @param profile where failures come from that no line asks for; empty: nowhere
 * @param stopAtViolation whether a run ends at its first broken invariant
 * @param buggify rare ways that the cores may take; empty: each seed draws its own
 */
public record Drill(
    String name,
    long horizonNs,
    Topology fleet,
    int slots,
    int gpusPerNode,
    int workers,
    Costs costs,
    CheckpointModel checkpoints,
    Saving saving,
    Policy policy,
    Optional<Policy> other,
    Optional<Profile> profile,
    List<FaultSpec> faults,
    Phases phases,
    Expect expect,
    boolean stopAtViolation,
    Optional<Set<Buggify>> buggify,
    List<Long> seeds) {

  public Drill {
    faults = List.copyOf(faults);
    seeds = List.copyOf(seeds);
  }

  public int nodes() {
    return fleet.nodes();
  }

  public int minWorkers() {
    return policy.minWorkers();
  }

  public int spares() {
    return policy.spares();
  }

  public double minGoodput() {
    return expect.goodput();
  }

  /** When faults may be: not in the liveness phase. */
  public Window window() {
    return new Window(horizonNs - phases.livenessNs(), phases.livenessNs() > 0);
  }

  /** All faults that are known before a run: of the lines, the profile, and the liveness phase. */
  public Plan plan(long seed) {
    var window = window();
    var profiled =
        profile.map(p -> Failures.of(p, fleet, seed, window.untilNs())).orElse(List.of());
    var plan = Plan.expand(name, faults, profiled, fleet, seed, window);
    return Liveness.freeze(this, plan.buggified(buggify.orElseGet(() -> Buggifier.drawn(seed))));
  }

  /** The same drill with policy B; empty when it has none. */
  public Optional<Drill> withOther() {
    return other.map(this::with);
  }

  private Drill with(Policy next) {
    return new Drill(
        name,
        horizonNs,
        fleet,
        slots,
        gpusPerNode,
        workers,
        costs,
        checkpoints,
        saving,
        next,
        Optional.empty(),
        profile,
        faults,
        phases,
        expect,
        stopAtViolation,
        buggify,
        seeds);
  }

  /** The same drill on other nodes, for a shorter or longer time. */
  public Drill resized(Topology otherFleet, long otherHorizonNs) {
    return new Drill(
        name,
        otherHorizonNs,
        otherFleet,
        slots,
        gpusPerNode,
        workers,
        costs,
        checkpoints,
        saving,
        policy,
        other,
        profile,
        faults,
        phases,
        expect,
        stopAtViolation,
        buggify,
        seeds);
  }

  /** The same drill that ends at the first broken invariant: what a shrinker plays. */
  public Drill stoppingAtViolation() {
    return new Drill(
        name,
        horizonNs,
        fleet,
        slots,
        gpusPerNode,
        workers,
        costs,
        checkpoints,
        saving,
        policy,
        other,
        profile,
        faults,
        phases,
        expect,
        true,
        buggify,
        seeds);
  }
}
