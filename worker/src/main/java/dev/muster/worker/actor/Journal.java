package dev.muster.worker.actor;

/**
 * Keeps entries in the order they were appended. An implementation that cannot append any more ends
 * the process: a core whose entry is not durable must not go on.
 */
public interface Journal {
  /** For cores that keep nothing; an append is a broken invariant. */
  Journal NONE =
      (entry, durable) -> {
        throw new IllegalStateException("this core has no journal: entry=" + entry);
      };

  /**
   * Appends without blocking.
   *
   * @param durable run once the entry survives the end of this process; in the order of the
   *     appends, on any thread
   */
  void append(Object entry, Runnable durable);
}
