package dev.muster.master.budget;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.WorkerId;

/**
 * One observed loss of a worker, as the master knows it.
 *
 * @param rank its rank when it was lost, -1 without one
 * @param generation the group it was lost from (also one still being formed); {@link
 *     Generation#NONE} if it belonged to none
 * @param step last committed step at that moment; -1 when steps are unknown (plain commands)
 * @param exit how the process ended; for a hang or a lost node whatever is known
 * @param error what the trainer reported (class, message, stack trace), empty if nothing
 */
public record Failure(
    WorkerId worker,
    int rank,
    Generation generation,
    long step,
    FailureKind kind,
    Exit exit,
    String error) {

  /**
   * What makes two failures the same: the kind, and the class of the error or the way the process
   * ended. A signal counts as the same only on the same rank, because an outside hand that kills
   * one rank after the other is no defect of a step.
   */
  public String cause() {
    return switch (kind) {
      case USER_ERROR -> error.isEmpty() ? exit.toString() : errorClass();
      case INFRASTRUCTURE -> exit + " on rank " + rank;
      case HANG -> "hang on rank " + rank;
      case PREEMPTION -> "preemption";
    };
  }

  /** First line of the error, or the exit; for sentences. */
  String firstLine() {
    return error.isEmpty() ? exit.toString() : error.lines().findFirst().orElse("").strip();
  }

  private String errorClass() {
    String line = firstLine();
    int colon = line.indexOf(':');
    return colon < 0 ? line : line.substring(0, colon).strip();
  }
}
