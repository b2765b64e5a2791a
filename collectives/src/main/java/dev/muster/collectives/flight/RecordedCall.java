package dev.muster.collectives.flight;

import dev.muster.collectives.Call;

/**
 * One call of one rank, as its flight recorder has it.
 *
 * @param index which call of the rank it is, from 1, messages included
 * @param number of a collective, which one of the group it is, from 1; of a message, which one of
 *     this rank
 * @param from whose message it receives, -1 for nobody's
 * @param startNs on the host's monotonic clock
 * @param endNs 0: still in it; negative: left with an error then (a revoke, mostly)
 */
public record RecordedCall(long index, long number, Call call, int from, long startNs, long endNs) {
  public boolean message() {
    return call.kind() == Call.Kind.SEND || call.kind() == Call.Kind.RECEIVE;
  }

  RecordedCall shifted(long ns) {
    long end = endNs == 0 ? 0 : endNs + (endNs < 0 ? -ns : ns);
    return new RecordedCall(index, number, call, from, startNs + ns, end);
  }

  /** Still in it, or it never returned normally. */
  public boolean unfinished() {
    return endNs <= 0;
  }

  /** Such as {@code allReduce #118 of dp (FLOAT32, 4 MiB)}. */
  public String describe(String group) {
    return call.kind().verb() + " #" + number + " of " + group + details();
  }

  private String details() {
    return switch (call.kind()) {
      case BARRIER -> "";
      case AGREE -> " (step " + call.argument() + ")";
      case ALL_TO_ALL_UNEVEN -> " (" + call.dtype() + ")";
      case BROADCAST, SCATTER, GATHER, REDUCE -> " (" + data() + ", root " + call.argument() + ")";
      case SEND -> " (" + data() + ") to rank " + call.argument() + alsoFrom();
      case RECEIVE -> " (" + data() + ") from rank " + call.argument();
      default -> " (" + data() + ")";
    };
  }

  private String alsoFrom() {
    return from < 0 ? "" : " and from rank " + from;
  }

  private String data() {
    return call.dtype() + ", " + size(call.elements() * call.dtype().sizeBytes());
  }

  private static String size(long bytes) {
    if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
      return (bytes >> 20) + " MiB";
    }
    return bytes >= 1 << 10 && bytes % (1 << 10) == 0 ? (bytes >> 10) + " KiB" : bytes + " bytes";
  }
}
