package dev.muster.worker;

import dev.muster.protocol.WorkerId;
import dev.muster.worker.data.Permutation;
import java.util.stream.LongStream;

/**
 * A part of a dataset that one process holds: nobody else is lent it while the generation lasts
 * and, of a consumer outside the group, its lease. Text of it ({@link #toString}) may be handed to
 * a rank, which claims it.
 *
 * @param generation of the group that it was lent within
 * @param holder who took it
 * @param partition of a stream; of indices the epoch
 * @param from first offset or position
 * @param to behind the last one
 */
public record LentRange(
    NamedDataset dataset, long generation, WorkerId holder, String partition, long from, long to) {
  public LentRange {
    NamedDataset.requireWord("partition", partition);
    if (from < 0 || to <= from) {
      throw new IllegalArgumentException(
          "impossible range: dataset=%s partition=%s from=%d to=%d"
              .formatted(dataset.name(), partition, from, to));
    }
  }

  public long count() {
    return to - from;
  }

  /** A part of it. */
  public LentRange part(long newFrom, long newTo) {
    if (newFrom < from || newTo > to) {
      throw new IllegalArgumentException(
          "no part of the range: range=%s from=%d to=%d".formatted(this, newFrom, newTo));
    }
    return new LentRange(dataset, generation, holder, partition, newFrom, newTo);
  }

  /**
   * What it stands for: offsets of a stream, otherwise indices of samples.
   *
   * @param seed of the job
   */
  public LongStream indices(long seed) {
    var positions = LongStream.range(from, to);
    if (!dataset.shuffled()) {
      return positions;
    }
    long ownSeed = seed * 31 + dataset.name().hashCode();
    return positions.map(
        Permutation.ofEpoch(dataset.samples(), ownSeed, Long.parseLong(partition))::at);
  }

  /** One line; what {@link #parse} reads. */
  @Override
  public String toString() {
    return "%d %s %s %d %d %s"
        .formatted(generation, holder, partition, from, to, dataset.definition());
  }

  /**
   * @throws IllegalArgumentException it is no range
   */
  public static LentRange parse(String text) {
    String[] words = text.split(" ", 6);
    if (words.length < 6) {
      throw new IllegalArgumentException("no lent range: text=" + text);
    }
    return new LentRange(
        NamedDataset.parse(words[5]),
        Long.parseLong(words[0]),
        WorkerId.parse(words[1]),
        words[2],
        Long.parseLong(words[3]),
        Long.parseLong(words[4]));
  }
}
