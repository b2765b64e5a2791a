package dev.muster.worker.checkpoint.snapshot;

/**
 * What a snapshot is a snapshot of.
 *
 * @param step the last one applied
 * @param generation of the group that had applied it
 * @param rank whose state it is
 * @param worldSize of that group
 */
public record SnapshotPoint(long step, long generation, int rank, int worldSize) {
  /** A header is read before its checksum is, so only who writes one must be right. */
  void require() {
    if (step < 0 || generation < 0 || rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException(
          "not a point of a training: expected step>=0 generation>=0 0<=rank<worldSize, actual="
              + this);
    }
  }

  /**
   * Whether it is still part of the history after all ranks went back to a step: it is that very
   * point, or lies before it. A snapshot of the same step by another generation is not, as its
   * bytes may differ.
   */
  boolean survives(long backToGeneration, long backToStep) {
    return generation == backToGeneration && step == backToStep
        || generation <= backToGeneration && step < backToStep;
  }
}
