package dev.muster.simulator.drill;

/** A drill file that cannot be used; the message is one sentence for whoever wrote it. */
public final class DrillException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DrillException(String message) {
    super(message);
  }
}
