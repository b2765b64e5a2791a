package dev.muster.cli.attach;

import dev.muster.master.jmx.JobMXBean;
import dev.muster.master.jmx.JobSnapshot;
import dev.muster.master.jmx.MasterMXBean;
import dev.muster.master.jmx.MasterSnapshot;
import java.util.List;
import java.util.Map;

/**
 * All that {@code muster status} shows, read once; also the JSON of {@code --json}.
 *
 * @param job null before the master has published one
 */
public record Status(
    String run,
    String role,
    long incarnation,
    String master,
    long startedEpochMillis,
    String version,
    List<MasterSnapshot.NodeRow> nodes,
    Job job) {

  /** Attributes of the job's bean. */
  public record Job(
      String state,
      String stateDetail,
      long generation,
      int worldSize,
      int minWorldSize,
      int maxWorldSize,
      int spares,
      long step,
      long totalSteps,
      double etaSeconds,
      double loss,
      double unitsPerSecond,
      String unit,
      int recoveries,
      double lastRecoverySeconds,
      Map<String, Long> restartsByCause,
      int restartsRemaining,
      JobSnapshot.Failure lastFailure,
      List<JobMXBean.RankRow> ranks) {}

  static Status read(MasterMXBean master, JobMXBean job) {
    return new Status(
        master.getRun(),
        master.getRole(),
        master.getIncarnation(),
        master.getActiveMaster(),
        master.getStartedEpochMillis(),
        master.getVersion(),
        master.getNodes(),
        job == null ? null : read(job));
  }

  private static Job read(JobMXBean job) {
    return new Job(
        job.getState(),
        job.getStateDetail(),
        job.getGeneration(),
        job.getWorldSize(),
        job.getMinWorldSize(),
        job.getMaxWorldSize(),
        job.getSpares(),
        job.getStep(),
        job.getTotalSteps(),
        job.getEtaSeconds(),
        job.getLoss(),
        job.getUnitsPerSecond(),
        job.getUnit(),
        job.getRecoveriesTotal(),
        job.getLastRecoverySeconds(),
        job.getRestartsByCause(),
        job.getRestartsRemaining(),
        job.getLastFailure(),
        job.getRanks());
  }
}
