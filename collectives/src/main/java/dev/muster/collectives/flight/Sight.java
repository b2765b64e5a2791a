package dev.muster.collectives.flight;

import java.util.List;

/**
 * What a recorder holds of its rank's present: enough to tell for whom it waits.
 *
 * @param newest what it called last; null before its first call
 * @param collective what it called last that concerns the whole group; null before the first
 * @param exchanged with whom it has exchanged messages
 */
public record Sight(RecordedCall newest, RecordedCall collective, List<Exchanged> exchanged) {
  /** Of a rank that has not joined yet. */
  public static final Sight NOTHING = new Sight(null, null, List.of());

  /**
   * Messages that have returned.
   *
   * @param to that peer
   * @param from that peer
   */
  public record Exchanged(int peer, long to, long from) {}

  /**
   * The same on another clock.
   *
   * @param ns that clock less this one
   */
  public Sight shifted(long ns) {
    return new Sight(
        newest == null ? null : newest.shifted(ns),
        collective == null ? null : collective.shifted(ns),
        exchanged);
  }
}
