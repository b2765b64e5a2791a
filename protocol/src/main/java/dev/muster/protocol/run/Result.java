package dev.muster.protocol.run;

import java.util.List;

/**
 * How a run ended, {@code result.json}; written once.
 *
 * @param exitCode of {@code ./muster run}
 * @param reason one sentence
 * @param steps committed
 * @param generations groups formed
 * @param finalLoss held-out loss of the trainer's evaluation, NaN if there is none
 * @param parametersDigest hex digest of the final parameters, empty when unknown
 * @param report lines of the trainer
 * @param samples null for plain commands
 * @param firstCause null after success
 * @param recoveries in order
 * @param checkpointStep of the newest checkpoint on storage; 0: there is none
 */
public record Result(
    RunState state,
    int exitCode,
    String reason,
    long steps,
    long generations,
    double finalLoss,
    String parametersDigest,
    List<String> report,
    Samples samples,
    FirstCause firstCause,
    List<Recovery> recoveries,
    long checkpointStep) {

  public Result {
    reason = reason == null ? "" : reason;
    parametersDigest = parametersDigest == null ? "" : parametersDigest;
    report = report == null ? List.of() : List.copyOf(report);
    recoveries = recoveries == null ? List.of() : List.copyOf(recoveries);
  }

  /** Of a run without checkpoints. */
  public Result(
      RunState state,
      int exitCode,
      String reason,
      long steps,
      long generations,
      double finalLoss,
      String parametersDigest,
      List<String> report,
      Samples samples,
      FirstCause firstCause,
      List<Recovery> recoveries) {
    this(
        state,
        exitCode,
        reason,
        steps,
        generations,
        finalLoss,
        parametersDigest,
        report,
        samples,
        firstCause,
        recoveries,
        0);
  }

  /**
   * What the loaders delivered in committed steps, joined over all ranks.
   *
   * @param duplicates delivered more than once in an epoch
   * @param missing not delivered though their step is committed
   * @param redoneSteps deliveries of steps that were not committed, not counted as duplicates
   */
  public record Samples(
      long committedSteps,
      long delivered,
      long duplicates,
      long missing,
      boolean exactlyOnce,
      long redoneSteps) {}
}
