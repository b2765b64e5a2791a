package dev.muster.master.jmx;

import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Recovery;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * State of a job as published to {@code type=Job} and, per worker, to {@code type=Worker}.
 *
 * @param job its name
 * @param progress what {@code progress.json} holds
 * @param stepP50Seconds median duration of recent steps, NaN when unknown
 * @param stepP99Seconds likewise the 99th percentile
 * @param restartsByCause losses of workers so far by cause, for example {@code user}, {@code
 *     infrastructure}, {@code hang}
 * @param restartsRemaining user errors the budget still tolerates
 * @param lastFailure null before the first
 * @param lastRecovery null before the first
 * @param workers every live worker process, spares included
 */
public record JobSnapshot(
    String job,
    Progress progress,
    int minWorkers,
    double stepP50Seconds,
    double stepP99Seconds,
    Map<String, Long> restartsByCause,
    int restartsRemaining,
    Failure lastFailure,
    Recovery lastRecovery,
    List<WorkerSnapshot> workers) {
  public JobSnapshot {
    restartsByCause = Collections.unmodifiableMap(new TreeMap<>(restartsByCause));
    workers = List.copyOf(workers);
  }

  /**
   * A failure that was observed.
   *
   * @param rank -1 for a worker outside the group
   * @param step last one it applied
   */
  public record Failure(
      String cause,
      String node,
      String worker,
      int rank,
      long step,
      long epochMillis,
      String text) {}

  /**
   * One worker process.
   *
   * @param rank -1 for a spare
   * @param state of its life, for example STARTING, READY, MEMBER
   * @param progressAgeSeconds since its last sign of progress, NaN when unknown
   */
  public record WorkerSnapshot(
      String node,
      int number,
      long pid,
      int rank,
      String state,
      long step,
      double progressAgeSeconds) {}
}
