package dev.muster.worker;

import java.util.Optional;

/**
 * Ranges of one {@link NamedDataset}, for one rank in one step. What a rank takes or claims here
 * and does not give back is used in this step: it is done when the step is committed, together with
 * the state of the step; when it is not, or a step before it is restored, the range is lent again.
 * Step thread only, within {@link Trainer#compute}.
 *
 * <p>All methods wait for the master and are cut short by a {@code GroupRevokedException}, which
 * has to be let through.
 */
public interface RangeSource {
  /** The {@code end} of a partition that is there without one. */
  long NO_END = Long.MAX_VALUE;

  /** Nothing is there: for a rehearsal. */
  RangeSource EMPTY =
      new RangeSource() {
        @Override
        public void offer(String partition, long end) {}

        @Override
        public Optional<LentRange> next(long atMost) {
          return Optional.empty();
        }

        @Override
        public void giveBack(LentRange range) {}

        @Override
        public void claim(LentRange range) {}
      };

  /**
   * @throws IllegalArgumentException it has none, or white space in it
   */
  static String requireName(String partition) {
    return NamedDataset.requireWord("partition", partition);
  }

  /**
   * A partition of a stream is there up to {@code end}, exclusive, from offset 0; it may be new,
   * and an end that was known never moves back. What is done of a partition survives everything;
   * that it is there does not survive the end of the master: to be said again in each generation.
   *
   * @throws IllegalStateException the dataset is no stream
   */
  void offer(String partition, long end);

  /**
   * The next range; empty when nothing is there now, or all is lent. Partitions take turns.
   *
   * @param atMost offsets or positions that there is room for
   */
  Optional<LentRange> next(long atMost);

  /** As large as ranges of the dataset are. */
  default Optional<LentRange> next() {
    return next(Long.MAX_VALUE);
  }

  /**
   * Not used in this step: somebody else is lent it, or this rank once more. Also a part of what
   * was taken.
   */
  void giveBack(LentRange range);

  /**
   * This step uses a range that a consumer outside the group took and handed over, or a part of it.
   *
   * @throws StaleLeaseException it is not the consumer's any more; nothing was claimed (definite)
   */
  void claim(LentRange range);
}
