package dev.muster.collectives.flight;

import java.util.List;

/**
 * Where one rank is.
 *
 * @param known whether there is a recorder of it: not before it joins, nor of a rank of another
 *     host
 * @param newest what it called last; null before its first call
 * @param collective what it called last that concerns the whole group; null before the first
 * @param unanswered while it is in a message, the ranks whose part of it is missing: one that has
 *     been taken already is not, though the rank, dead perhaps, has not left the call
 */
public record Standing(
    int rank,
    boolean known,
    RecordedCall newest,
    RecordedCall collective,
    List<Integer> unanswered) {
  public static Standing unknown(int rank) {
    return new Standing(rank, false, null, null, List.of());
  }

  /** Number of its newest collective, 0 before the first. */
  long reached() {
    return collective == null ? 0 : collective.number();
  }

  boolean inside() {
    return newest != null && newest.unfinished();
  }
}
