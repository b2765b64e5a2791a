package dev.muster.worker.checkpoint.snapshot;

/** What became of a save. */
public sealed interface Outcome {
  long step();

  /** Complete, checksummed, and what a reader gets from now on. */
  record Saved(long step, long bytes) implements Outcome {}

  /**
   * Not saved, nothing changed: a reader still copies the half it would have gone to. The snapshot
   * before it stays.
   */
  record Skipped(long step, String reason) implements Outcome {}
}
