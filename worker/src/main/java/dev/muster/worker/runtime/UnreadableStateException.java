package dev.muster.worker.runtime;

/** A saved state is damaged, gone or another one than expected. Definite: nothing can be loaded. */
final class UnreadableStateException extends Exception {
  private static final long serialVersionUID = 1;

  UnreadableStateException(String message, Throwable cause) {
    super(message, cause);
  }
}
