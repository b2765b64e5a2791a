package dev.muster.worker.data;

import dev.muster.collectives.Slices;

/**
 * Which samples a step uses: a function of (seed, epoch, step) alone, so that membership may change
 * between any two steps and each sample is still used exactly once per epoch. Pure; any thread.
 *
 * <p>An epoch is a keyed permutation of all samples; a step takes the next {@code globalBatch}
 * positions of it, the last step of an epoch what is left. Nothing is padded, nothing dropped.
 *
 * @param samples in one epoch
 * @param globalBatch samples per step over all ranks
 */
public record Sampler(long seed, long samples, int globalBatch) {
  public Sampler {
    if (samples < 1 || globalBatch < 1) {
      throw new IllegalArgumentException(
          "a data set needs at least one sample and a step too: samples="
              + samples
              + " globalBatch="
              + globalBatch);
    }
  }

  /**
   * The positions a step takes.
   *
   * @param from first position within the epoch's permutation
   * @param count samples of the step over all ranks
   */
  public record Batch(long epoch, long from, long count) {}

  public long stepsPerEpoch() {
    return Math.ceilDiv(samples, (long) globalBatch);
  }

  /**
   * @param step 1-based
   */
  public Batch batch(long step) {
    if (step < 1) {
      throw new IllegalArgumentException("steps count from 1: step=" + step);
    }
    long epoch = (step - 1) / stepsPerEpoch();
    long from = (step - 1) % stepsPerEpoch() * globalBatch;
    return new Batch(epoch, from, Math.min(globalBatch, samples - from));
  }

  /**
   * This rank's share of a step; the shares of all ranks in rank order are the step's samples in
   * order.
   */
  public long[] share(long step, int rank, int worldSize) {
    Batch batch = batch(step);
    Slices slice = Slices.of(batch.count(), rank, worldSize);
    return indices(batch.epoch(), batch.from() + slice.from(), (int) slice.count());
  }

  /** The samples at {@code count} positions of an epoch's permutation. */
  public long[] indices(long epoch, long from, int count) {
    var permutation = Permutation.ofEpoch(samples, seed, epoch);
    long[] indices = new long[count];
    for (int i = 0; i < count; i++) {
      indices[i] = permutation.at(from + i);
    }
    return indices;
  }
}
