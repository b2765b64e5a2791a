package dev.muster.master.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How far a data set has been cut into ranges.
 *
 * @param turn partition that is asked first
 * @param next first position not cut yet, by partition
 * @param end where what is there ends, by partition
 */
record Cursor(long epoch, int turn, List<Long> next, List<Long> end) {
  Cursor {
    next = List.copyOf(next);
    end = List.copyOf(end);
  }

  /** A range and the cursor behind it. */
  record Cut(Range range, Cursor cursor) {}

  static Cursor start(Dataset dataset) {
    var zeros = Collections.nCopies(dataset.partitions(), 0L);
    return switch (dataset) {
      case Dataset.Indices indices -> new Cursor(0, 0, zeros, List.of(indices.samples()));
      case Dataset.Stream _ -> new Cursor(0, 0, zeros, zeros);
    };
  }

  /**
   * The next fresh range, of the next epoch if this one is used up; empty if there is none.
   *
   * @param size of it at most
   */
  Optional<Cut> cut(Dataset dataset, long size) {
    for (int i = 0; i < next.size(); i++) {
      int partition = (turn + i) % next.size();
      if (next.get(partition) < end.get(partition)) {
        return Optional.of(cut(partition, size));
      }
    }
    return dataset instanceof Dataset.Indices indices && hasMoreEpochs(indices)
        ? new Cursor(epoch + 1, 0, List.of(0L), end).cut(dataset, size)
        : Optional.empty();
  }

  private boolean hasMoreEpochs(Dataset.Indices indices) {
    return indices.epochs() == 0 || epoch + 1 < indices.epochs();
  }

  private Cut cut(int partition, long size) {
    long from = next.get(partition);
    long to = from + Math.min(size, end.get(partition) - from);
    var moved = new ArrayList<>(next);
    moved.set(partition, to);
    return new Cut(
        new Range(epoch, partition, from, to),
        new Cursor(epoch, (partition + 1) % next.size(), moved, end));
  }

  /** With new partitions of which nothing is there yet. */
  Cursor widen(int partitions) {
    var zeros = Collections.nCopies(partitions - next.size(), 0L);
    return new Cursor(epoch, turn, joined(next, zeros), joined(end, zeros));
  }

  private static List<Long> joined(List<Long> known, List<Long> more) {
    return Stream.concat(known.stream(), more.stream()).toList();
  }

  /** More of a partition is there; an end that was known never moves back. */
  Cursor offer(int partition, long newEnd) {
    var ends = new ArrayList<>(end);
    ends.set(partition, Math.max(newEnd, ends.get(partition)));
    return new Cursor(epoch, turn, next, ends);
  }

  /** Positions of an epoch that have been cut, over all partitions. */
  long cutIn(long ofEpoch) {
    List<Long> cut = ofEpoch < epoch ? end : next;
    return ofEpoch > epoch ? 0 : cut.stream().mapToLong(Long::longValue).sum();
  }
}
