package dev.muster.master.job;

import dev.muster.master.health.NodeHealth;
import dev.muster.protocol.RunId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.job.Settings;

/**
 * What a {@link Job} runs with.
 *
 * @param agents how many agents are expected at first; 0 when unknown. Workers are spread over this
 *     many before the first group
 * @param leaseNs an agent without a renewed lease stops its ranks; too short: a busy machine stops
 *     itself, too long: a cut-off side lives on
 * @param beatNs between two beats of an agent
 * @param nodeTimeoutNs silence after which a linked node is given up; too short: false verdicts,
 *     too long: late ones
 * @param reconnectNs how long a node whose link ended may take to come back
 * @param driftNs allowance for clocks that run at different speeds, added to the lease
 */
public record JobConfig(
    RunId run,
    JobSpec job,
    int agents,
    long leaseNs,
    long beatNs,
    long nodeTimeoutNs,
    long reconnectNs,
    long driftNs) {

  /** As the configuration of a run says. */
  public static JobConfig of(RunId run, Settings settings) {
    var terms = settings.master();
    return of(run, settings.job(), settings.agents(), terms.leaseNs(), terms.beatNs());
  }

  public static JobConfig of(RunId run, JobSpec job, int agents, long leaseNs, long beatNs) {
    long nodeTimeoutNs = Math.min(Math.max(leaseNs / 3, 4 * beatNs), leaseNs);
    return new JobConfig(
        run, job, agents, leaseNs, beatNs, nodeTimeoutNs, 1_000_000_000L, leaseNs / 20);
  }

  /** When a node counts as silent, fenced, forgotten. */
  public NodeHealth.Policy health() {
    return new NodeHealth.Policy(nodeTimeoutNs, reconnectNs, leaseNs, driftNs);
  }

  Regroup.Policy regroup() {
    return new Regroup.Policy(
        job.workers(), job.minWorkers(), job.replace(), job.lastCallNs(), job.waitForWorkersNs());
  }

  Staffing.Policy staffing() {
    return new Staffing.Policy(job.workers(), job.spares(), job.replace());
  }
}
