package dev.muster.protocol.run;

/**
 * The failure that began the end of a run; later ones are usually its consequences.
 *
 * @param worker {@code node/number}, or null when it was not a worker's
 * @param rank -1 when unknown
 * @param step -1 when unknown
 * @param text one sentence
 * @param trace stack trace, empty if there is none
 */
public record FirstCause(String worker, int rank, long step, String text, String trace) {
  public FirstCause {
    text = text == null ? "" : text;
    trace = trace == null ? "" : trace;
  }
}
