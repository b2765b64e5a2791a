package dev.muster.worker.checkpoint.storage;

import java.io.IOException;

/**
 * Stored bytes are not what a checkpoint must be. Definite: reading again changes nothing, an older
 * checkpoint may.
 */
public final class DamagedCheckpointException extends IOException {
  private static final long serialVersionUID = 1;

  public DamagedCheckpointException(String message) {
    super(message);
  }

  public DamagedCheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
