package dev.muster.simulator.check;

import dev.muster.master.job.JobConfig;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.simulator.account.TimeClass;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.cluster.CheckpointModel;
import dev.muster.simulator.cluster.Costs;

/**
 * How long the job may be in each phase of a recovery when nothing disturbs it meanwhile: the sum
 * of the timeouts that guard the phase, the modelled cost of what happens in it, and an allowance.
 *
 * @param leaseNs with the allowance for drift
 * @param lineNs until the master has read what all workers tell at once
 */
record Bounds(
    long leaseNs,
    long silenceNs,
    long hangNs,
    long startNs,
    long joinNs,
    long restoreNs,
    long lineNs) {
  private static final long ALLOWANCE_NS = 10_000_000_000L;
  private static final int START_TIMEOUTS = 3; // of a whole group, see TrainingGroup

  static Bounds of(JobConfig config, Costs costs, CheckpointModel checkpoints, Saving saving) {
    var job = config.job();
    long stepNs = costs.stepNs();
    return new Bounds(
        config.leaseNs() + config.driftNs(),
        config.nodeTimeoutNs() + config.reconnectNs(),
        Math.max(job.hang().floorNs(), (long) (job.hang().factor() * stepNs)) + 2 * stepNs,
        job.startTimeoutNs() + job.lastCallNs() + costs.startNs(),
        START_TIMEOUTS * job.startTimeoutNs(),
        costs.restoreNs()
            + checkpoints.longestRestoreNs()
            + checkpoints.stallNs()
            + saving.readNs(Medium.STORAGE)
            + saving.readNs(Medium.MEMORY),
        costs.serviceNs() * (job.workers() + job.spares()));
  }

  long of(TimeClass phase) {
    long guarded =
        switch (phase) {
          case DETECT -> silenceNs + hangNs;
          case DECIDE -> silenceNs + leaseNs;
          case REVOKE -> silenceNs + leaseNs;
          case WAIT -> leaseNs + 2 * startNs;
          case REGROUP -> joinNs + silenceNs;
          case RESTORE -> joinNs + restoreNs;
          default -> throw new IllegalArgumentException("not a phase: " + phase);
        };
    return guarded + lineNs + ALLOWANCE_NS;
  }

  /** From any phase until steps commit again. */
  long recoveryNs() {
    return of(TimeClass.DETECT)
        + of(TimeClass.DECIDE)
        + of(TimeClass.REVOKE)
        + of(TimeClass.WAIT)
        + of(TimeClass.REGROUP)
        + of(TimeClass.RESTORE);
  }
}
