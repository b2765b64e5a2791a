package dev.muster.master.data;

import java.util.Comparator;

/**
 * Positions {@code [from, to)} of one partition in one epoch, or offsets of a stream. Ordered as
 * they are first handed out within a partition.
 */
public record Range(long epoch, int partition, long from, long to) implements Comparable<Range> {
  private static final Comparator<Range> ORDER =
      Comparator.comparingLong(Range::epoch)
          .thenComparingLong(Range::from)
          .thenComparingInt(Range::partition)
          .thenComparingLong(Range::to);

  public Range {
    if (epoch < 0 || partition < 0 || from < 0 || to <= from) {
      throw new IllegalArgumentException(
          "impossible range: epoch="
              + epoch
              + " partition="
              + partition
              + " from="
              + from
              + " to="
              + to);
    }
  }

  public long count() {
    return to - from;
  }

  boolean contains(Range other) {
    return epoch == other.epoch
        && partition == other.partition
        && from <= other.from
        && other.to <= to;
  }

  Range between(long newFrom, long newTo) {
    return new Range(epoch, partition, newFrom, newTo);
  }

  @Override
  public int compareTo(Range other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return epoch + ":" + partition + "[" + from + "," + to + ")";
  }
}
