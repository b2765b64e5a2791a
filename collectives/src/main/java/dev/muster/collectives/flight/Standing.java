package dev.muster.collectives.flight;

import java.util.List;

/**
 * Where one rank is.
 *
 * @param known whether there is a recorder of it: not before it joins, nor of a rank of a host that
 *     has not been heard yet
 * @param newest what it called last; null before its first call
 * @param collective what it called last that concerns the whole group; null before the first
 * @param unanswered while it is in a message, the ranks whose part of it is missing: one that has
 *     been taken already is not, though the rank, dead perhaps, has not left the call
 * @param seenNs when all this was so, on this host's monotonic clock; {@link #NOW} of ranks of this
 *     host
 */
public record Standing(
    int rank,
    boolean known,
    RecordedCall newest,
    RecordedCall collective,
    List<Integer> unanswered,
    long seenNs) {
  public static final long NOW = Long.MAX_VALUE;

  /** Of a rank of this host. */
  public Standing(
      int rank,
      boolean known,
      RecordedCall newest,
      RecordedCall collective,
      List<Integer> unanswered) {
    this(rank, known, newest, collective, unanswered, NOW);
  }

  public static Standing unknown(int rank) {
    return new Standing(rank, false, null, null, List.of());
  }

  /** Of a rank of another host, before the first word of it. */
  public static Standing unheard(int rank) {
    return new Standing(rank, false, null, null, List.of(), Long.MIN_VALUE);
  }

  /** Whether it is of this host. */
  public boolean here() {
    return seenNs == NOW;
  }

  /** Number of its newest collective, 0 before the first. */
  long reached() {
    return collective == null ? 0 : collective.number();
  }

  boolean inside() {
    return newest != null && newest.unfinished();
  }
}
