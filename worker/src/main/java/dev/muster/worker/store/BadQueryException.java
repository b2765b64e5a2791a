package dev.muster.worker.store;

/** A query that is not answered; the connection it came on is closed (definite). */
final class BadQueryException extends Exception {
  BadQueryException(String reason) {
    super(reason, null, false, false);
  }
}
