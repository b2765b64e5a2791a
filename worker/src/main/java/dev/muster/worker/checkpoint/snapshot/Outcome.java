package dev.muster.worker.checkpoint.snapshot;

/** What became of a save. */
public sealed interface Outcome {
  long step();

  /**
   * Complete, checksummed, and what a reader gets from now on.
   *
   * @param copyNs that threads spent copying, hidden or not
   */
  record Saved(long step, long bytes, long copyNs) implements Outcome {}

  /**
   * Not saved, nothing changed: readers hold every buffer it could have gone to, or there is no
   * space for the one that none holds. The snapshot before it stays.
   */
  record Skipped(long step, String reason) implements Outcome {}
}
