package dev.muster.worker.checkpoint.persist;

import dev.muster.worker.checkpoint.snapshot.SnapshotLayout;
import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Entry;
import dev.muster.worker.checkpoint.storage.Box;
import dev.muster.worker.checkpoint.storage.Box.Side;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a rank writes of a tensor it holds. Shards are written by whoever holds them. Replicated
 * tensors, end to end in the order of their names, are cut into as many runs of equal bytes as
 * there are ranks, each cut moved to the next start of a row; small tensors stay whole. Every rank
 * holds the same ones, so each computes the same cuts without talking. Pure.
 *
 * @param box inside that of the entry: whole rows of it
 * @param offset of its first byte in the tensor's memory
 */
record Share(Entry entry, Box box, long offset, long bytes) {
  /** A piece of its own costs a header entry and a read of its own; below this it saves nothing. */
  static final long SPLIT_BYTES_MIN = 256 << 10;

  /** In the order of the layout's names. */
  static List<Share> of(SnapshotLayout layout, int rank, int worldSize) {
    return new Division(layout, rank, worldSize).shares();
  }

  private static final class Division {
    private final List<Entry> entries;
    private final long bytes; // of all replicated tensors
    private final int rank;
    private final int worldSize;

    private Division(SnapshotLayout layout, int rank, int worldSize) {
      this.entries = layout.entries().stream().sorted(Comparator.comparing(Entry::name)).toList();
      this.bytes = entries.stream().filter(Entry::replicated).mapToLong(Entry::bytes).sum();
      this.rank = rank;
      this.worldSize = worldSize;
    }

    private List<Share> shares() {
      var shares = new ArrayList<Share>();
      long before = 0;
      for (Entry entry : entries) {
        if (!entry.replicated()) {
          shares.add(rows(entry, 0, rowCount(entry)));
        } else if (entry.bytes() == 0 && rank == 0) {
          shares.add(rows(entry, 0, rowCount(entry)));
        } else {
          long from = row(entry, cut(rank) - before);
          long to = row(entry, cut(rank + 1) - before);
          if (from < to) {
            shares.add(rows(entry, from, to));
          }
          before += entry.bytes();
        }
      }
      return shares;
    }

    /** Where the bytes of a rank start; multiplied first, in two parts, as it may not overflow. */
    private long cut(int ofRank) {
      return bytes / worldSize * ofRank + bytes % worldSize * ofRank / worldSize;
    }

    /** The row at which a cut falls; it never goes back when the cut does not. */
    private static long row(Entry entry, long at) {
      long rows = rowCount(entry);
      if (at <= 0 || entry.bytes() == 0) {
        return 0;
      }
      if (at >= entry.bytes()) {
        return rows;
      }
      return entry.bytes() < SPLIT_BYTES_MIN
          ? at >= entry.bytes() / 2 ? rows : 0
          : Math.ceilDiv(at, entry.bytes() / rows);
    }

    /** Of the first dimension; a scalar is one row. */
    private static long rowCount(Entry entry) {
      return entry.box().length == 0 ? 1 : entry.box()[0][1] - entry.box()[0][0];
    }

    private static Share rows(Entry entry, long from, long to) {
      long rowBytes = entry.bytes() == 0 ? 0 : entry.bytes() / rowCount(entry);
      return new Share(entry, box(entry, from, to), from * rowBytes, (to - from) * rowBytes);
    }

    private static Box box(Entry entry, long from, long to) {
      var whole = Box.of(entry.box());
      if (whole.dimensions() == 0) {
        return whole;
      }
      var sides = new ArrayList<>(whole.sides());
      long start = whole.side(0).from();
      sides.set(0, new Side(start + from, start + to));
      return new Box(sides);
    }
  }
}
