package dev.muster.worker;

/**
 * A range is not held any more: its generation has ended or its lease ran out, and it is or will be
 * lent to somebody else. Definite: it was not used. The data of it has to be thrown away.
 */
public final class StaleLeaseException extends RuntimeException {
  public StaleLeaseException(String message) {
    super(message);
  }
}
