package dev.muster.worker.checkpoint.restore;

import java.io.IOException;

/**
 * A source does not have the state that was asked for, whole and undamaged. Definite, and known
 * before anything was loaded: the next source of the same step may have it, or an earlier step.
 */
public final class UnusableStateException extends IOException {
  private static final long serialVersionUID = 1;

  UnusableStateException(String message) {
    super(message);
  }
}
