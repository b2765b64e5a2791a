package dev.muster.protocol.run;

/** State of a job as users see it. */
public enum RunState {
  PENDING,
  FORMING,
  RUNNING,
  RECOVERING,
  DRAINING,
  SUCCEEDED,
  FAILED,
  CANCELLED;

  /** Nothing follows. */
  public boolean terminal() {
    return this == SUCCEEDED || this == FAILED || this == CANCELLED;
  }
}
