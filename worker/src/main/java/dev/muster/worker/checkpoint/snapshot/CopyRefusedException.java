package dev.muster.worker.checkpoint.snapshot;

/** A copy that was not begun. Definite: nothing has changed. */
public final class CopyRefusedException extends Exception {
  private static final long serialVersionUID = 1;

  /** Why. */
  public enum Reason {
    /** The same snapshot is here, whole. */
    ALREADY_HERE,
    /** No space for it; later there may be. */
    NO_ROOM,
    /** A reader or another writer is in the way; soon it is not. */
    IN_USE,
    /** Not what this release on this host can read. */
    UNREADABLE
  }

  private final Reason reason;

  CopyRefusedException(Reason reason, String message) {
    this(reason, message, null);
  }

  CopyRefusedException(Reason reason, String message, Exception cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
