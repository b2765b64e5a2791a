package dev.muster.master.data;

import dev.muster.worker.data.Permutation;
import java.util.stream.LongStream;

/** What ranges are cut from. */
public sealed interface Dataset {
  /** Most positions of one lease; too small: a message per few samples, too large: much to redo. */
  long rangeSize();

  int partitions();

  /** What a range stands for: indices in the order they are used in, or the offsets themselves. */
  long[] indices(Range range);

  /**
   * Indices from 0, each once per epoch.
   *
   * @param epochs how many; 0 for endless
   * @param shuffled in an order of its own for each epoch, a function of the seed
   */
  record Indices(long samples, long rangeSize, long epochs, boolean shuffled, long seed)
      implements Dataset {
    public Indices {
      if (samples < 1 || rangeSize < 1 || epochs < 0) {
        throw new IllegalArgumentException(
            "impossible data set: samples="
                + samples
                + " rangeSize="
                + rangeSize
                + " epochs="
                + epochs);
      }
    }

    @Override
    public int partitions() {
      return 1;
    }

    @Override
    public long[] indices(Range range) {
      var order = Permutation.ofEpoch(samples, seed, range.epoch());
      return LongStream.range(range.from(), range.to())
          .map(position -> shuffled ? order.at(position) : position)
          .toArray();
    }
  }

  /**
   * Offsets of partitions that have no end: one epoch for ever, as far as is known to be there
   * ({@link RangeLedger#offer}). Partitions take turns.
   */
  record Stream(int partitions, long rangeSize) implements Dataset {
    public Stream {
      if (partitions < 0 || rangeSize < 1) {
        throw new IllegalArgumentException(
            "impossible stream: partitions=" + partitions + " rangeSize=" + rangeSize);
      }
    }

    @Override
    public long[] indices(Range range) {
      return LongStream.range(range.from(), range.to()).toArray();
    }
  }
}
