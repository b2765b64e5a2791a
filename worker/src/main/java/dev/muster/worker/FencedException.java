package dev.muster.worker;

/**
 * This worker may no longer take part: its agent is gone or its lease ran out. Ends the loop of an
 * embedded worker; a worker process halts instead. Definite: it commits nothing from here on.
 */
public final class FencedException extends RuntimeException {
  public FencedException(String reason) {
    super(reason);
  }
}
