package dev.muster.simulator.check;

import dev.muster.master.job.JobConfig;
import dev.muster.simulator.account.Account;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.cluster.CheckpointModel;
import dev.muster.simulator.cluster.ClusterListener;
import dev.muster.simulator.cluster.Costs;
import dev.muster.simulator.cluster.Listeners;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Everything that is checked while a drill is played. Safety at each event: one generation trains,
 * generations only grow, groups have an allowed size, committed steps are kept, whoever trains
 * holds the state, no rank is in two groups, old orders are refused, and those without a lease,
 * waits are bounded, no process is started in vain; of a job that makes checkpoints, also: what is
 * restored is what was named, shards fit, checkpoints are complete. At the end: it trains, no hung
 * worker is left over, and no time is missing.
 */
public final class Checks {
  /** What is checked, by name. */
  public static final List<String> NAMES =
      List.of(
          "one-generation-trains",
          "generations-grow",
          "quorum-kept",
          "committed-steps-kept",
          "state-is-passed",
          "one-group-per-rank",
          "old-orders-refused",
          "bounded-waits",
          "trains-in-the-end",
          "hung-are-ended",
          "launches-needed",
          "lease-obeyed",
          "restored-as-named",
          "shards-of-one-state",
          "checkpoints-complete",
          "time-conserved");

  private final List<Invariant> all;
  private final BiConsumer<Long, String> violations;

  /**
   * @param violations told of every broken promise: when in ns, and which, in words
   */
  public Checks(
      JobConfig config,
      Costs costs,
      CheckpointModel checkpoints,
      Saving saving,
      int nodes,
      int slots,
      BiConsumer<Long, String> violations) {
    var job = config.job();
    var bounds = Bounds.of(config, costs, checkpoints, saving);
    this.violations = violations;
    this.all =
        List.of(
            new OneGenerationTrains(),
            new GenerationsGrow(),
            new QuorumKept(job.minWorkers(), job.workers()),
            new CommittedStepsKept(saving.sharded()),
            new StateIsPassed(),
            new OneGroupPerRank(),
            new OldOrdersRefused(nodes),
            new BoundedWaits(bounds, slots, job.minWorkers()),
            new TrainsInTheEnd(bounds, slots, job.minWorkers()),
            new HungAreEnded(bounds, slots, job.minWorkers()),
            new LaunchesNeeded(job.workers() + job.spares(), slots),
            new LeaseObeyed(),
            new RestoredAsNamed(),
            new ShardsOfOneState(),
            new CheckpointsComplete());
    all.forEach(one -> one.tell(violations));
  }

  public ClusterListener listener() {
    return new Listeners(List.copyOf(all));
  }

  List<Invariant> all() {
    return all;
  }

  /** A fault strikes now, or goes on, until then: no wait is held against the job before. */
  public void disturbed(long untilNs) {
    all.forEach(one -> one.disturbed(untilNs));
  }

  /** The drill ends the job, which is no failure of the master's: what is safe stays so. */
  public void jobEnds() {
    all.forEach(Invariant::jobEnds);
  }

  /** The drill is over. */
  public void end(long nowNs, Account account) {
    all.forEach(one -> one.end(nowNs));
    if (!account.sum().equals(account.allocated())) {
      violations.accept(
          nowNs,
          "time-conserved: the classes do not sum to the allocated time: expected=%d actual=%d gpuNs"
              .formatted(account.allocated(), account.sum()));
    }
  }
}
