package dev.muster.master.jmx;

import java.util.List;
import java.util.Map;

/** {@code dev.muster:type=Job,job=<name>}. */
@Description("One training job")
public interface JobMXBean {
  @Description("PENDING, FORMING, RUNNING, RECOVERING, DRAINING, SUCCEEDED, FAILED or CANCELLED")
  String getState();

  @Description("One sentence on the state")
  String getStateDetail();

  @Description("Number of the current group; only grows")
  long getGeneration();

  @Description("Members of the current group")
  int getWorldSize();

  int getMinWorldSize();

  @Description("World size aimed at")
  int getMaxWorldSize();

  @Description("Warm spares ready beside the group")
  int getSpares();

  @Description("Last committed step")
  long getStep();

  long getTotalSteps();

  double getProgressRatio();

  @Description("Estimate from the median step, NaN when unknown")
  double getEtaSeconds();

  @Description("Last global training loss, NaN when unknown")
  double getLoss();

  double getStepP50Seconds();

  double getStepP99Seconds();

  @Description("Throughput of the whole group, in Unit")
  double getUnitsPerSecond();

  @Description("What the trainer counts, for example tokens")
  String getUnit();

  @Description("Completed recoveries")
  int getRecoveriesTotal();

  @Description("Losses of workers, all causes")
  long getRestartsTotal();

  Map<String, Long> getRestartsByCause();

  @Description("User errors the budget still tolerates")
  int getRestartsRemaining();

  @Description("Null before the first")
  JobSnapshot.Failure getLastFailure();

  double getLastRecoverySeconds();

  @Description("Phases of the last recovery, null before the first")
  RecoveryRow getLastRecovery();

  @Description("Members of the current group in rank order")
  List<RankRow> getRanks();

  long getUpdatedEpochMillis();

  @Description("Stops the job at a step boundary; the run ends with state CANCELLED")
  OperationResult stop(
      @Description("The job's name, to confirm") String confirm,
      @Description("The generation you look at; another one refuses") long expectedGeneration);

  @Description("Brings a checkpoint to storage now; answers with its step, or why there is none")
  OperationResult checkpointNow();

  /** Phases in seconds, NaN when unknown. */
  record RecoveryRow(
      long generation,
      String cause,
      String kind,
      double detectSeconds,
      double decideSeconds,
      double revokeSeconds,
      double regroupSeconds,
      double stateSeconds,
      double firstStepSeconds,
      double totalSeconds,
      long stepsRedone) {}

  /**
   * @param lagSteps behind the furthest rank, -1 when unknown
   */
  record RankRow(int rank, String worker, String node, long pid, long step, long lagSteps) {}
}
