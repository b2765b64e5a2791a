package dev.muster.collectives;

/**
 * Ranks of one group called different collectives, or the same with different sizes or types. A
 * programming error: every rank gets this exception with the same text, no rank's data was touched,
 * and the group is revoked.
 */
public final class CollectiveMismatchException extends RuntimeException {
  public CollectiveMismatchException(String message) {
    super(message);
  }
}
