package dev.muster.master.jmx;

import java.util.List;

/**
 * State of a master as published to {@code type=Master}.
 *
 * @param role ACTIVE or STANDBY
 * @param activeMaster host:port of the active one's agent link
 * @param activeSinceEpochMillis 0 for a standby
 * @param journalSequence number of the newest durable entry, 0 before the first
 * @param nodes one row per agent ever seen in this run, by name
 */
public record MasterSnapshot(
    String run,
    String role,
    long incarnation,
    String activeMaster,
    long activeSinceEpochMillis,
    long startedEpochMillis,
    String version,
    long journalSequence,
    List<NodeRow> nodes) {
  public MasterSnapshot {
    nodes = List.copyOf(nodes);
  }

  /**
   * One agent.
   *
   * @param state nodetool's two letters: U, D, S (up, down, suspect), then N, J, L, D, X (normal,
   *     joining, leaving, draining, excluded)
   * @param workers running on it, spares included
   * @param beatAgeSeconds since its last beat, NaN before the first
   */
  public record NodeRow(
      String node,
      String address,
      String state,
      int slots,
      int workers,
      double beatAgeSeconds,
      long incarnation,
      String note) {}
}
