package dev.muster.cli.kills;

import java.util.Locale;

/** When and whom a kill is meant to hit; what it did hit, {@link Strike} tells. */
public enum Moment {
  /** A rank, whenever. */
  STEP(22),
  /** A rank whose snapshot is being written. */
  SAVE(16),
  /** The sender's or the receiver's agent while a copy is on its way to a peer. */
  COPY(10),
  /** An agent, or a rank, while shards are written to storage. */
  PERSIST(10),
  /** The agent that commits, when all shards are on storage and the manifest is not. */
  COMMIT(6),
  /** A rank, and then one that restores in the group after it: two kills. */
  RESTORE(12),
  /** An agent alone, whenever; its snapshots stay. */
  AGENT(8),
  /** A host with all that is in its memory. */
  HOST(10),
  /** All ranks at once. */
  ALL(6);

  /** Of so many parts in the hundred. */
  private final int weight;

  Moment(int weight) {
    this.weight = weight;
  }

  /**
   * @param percent 0 to 99
   */
  static Moment at(int percent) {
    int left = percent;
    for (var moment : values()) {
      left -= moment.weight;
      if (left < 0) {
        return moment;
      }
    }
    throw new IllegalStateException("weights do not make up a hundred");
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
