package dev.muster.master.budget;

import dev.muster.protocol.Exit;
import java.util.Optional;

/** Whom a failure is charged to. Each kind has its own count in {@link RestartBudget}. */
public enum FailureKind {
  /** The trainer threw, or its process exited by itself with a code other than 0. */
  USER_ERROR,
  /** A signal ended the process, or its node was lost. */
  INFRASTRUCTURE,
  /** No progress for longer than the hang rule allows; the master killed it. */
  HANG,
  /** Announced by the platform; nobody's fault and never charged. */
  PREEMPTION;

  /**
   * Kind of an exit that nobody has judged before.
   *
   * @param error what the trainer reported before it ended, empty if nothing
   * @param killedByUs the master or its agent ended the process: whatever made them do so has been
   *     charged already
   * @return empty if this exit is no failure of its own
   */
  public static Optional<FailureKind> classify(Exit exit, String error, boolean killedByUs) {
    if (killedByUs) {
      return Optional.empty();
    }
    if (!error.isEmpty()) {
      return Optional.of(USER_ERROR);
    }
    if (exit.success()) {
      return Optional.empty();
    }
    return Optional.of(exit.signal() != 0 ? INFRASTRUCTURE : USER_ERROR);
  }

  /**
   * Kind of an exit of a managed worker that nobody asked for. It leaves only when it is told to,
   * so even an exit with 0 is a failure; with {@link Exit#FENCED} its agent went or was gone, or
   * its lease had run out.
   */
  public static FailureKind ofManaged(Exit exit, String error) {
    boolean fenced = error.isEmpty() && exit.equals(Exit.FENCED);
    return fenced ? INFRASTRUCTURE : classify(exit, error, false).orElse(USER_ERROR);
  }
}
