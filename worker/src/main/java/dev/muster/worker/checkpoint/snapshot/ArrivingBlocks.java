package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Block;
import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Entry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Compares the checksums of a snapshot while it arrives in a half, front to back: each block as
 * soon as its last byte is there, when it still is in the processor's cache. One thread.
 */
final class ArrivingBlocks {
  private final Half half;
  private final Half.Header header;
  private SnapshotLayout layout; // null until the table and the checksums are there
  private int next;

  ArrivingBlocks(Half half, Half.Header header) {
    this.half = half;
    this.header = header;
  }

  /**
   * @param bytes of the region that are there
   * @throws SnapshotDamagedException names the first block that is not what its writer summed
   */
  void upTo(long bytes) {
    if (layout == null && bytes >= header.dataOffset()) {
      layout = layout();
    }
    while (layout != null && next < layout.blocks().size() && end(next) <= bytes) {
      verify(next++);
    }
  }

  /**
   * @throws IllegalStateException some of it has not arrived
   */
  void requireAll() {
    if (layout == null || next < layout.blocks().size()) {
      throw new IllegalStateException(
          "incomplete copy: " + where("") + " expectedBlocks=" + header.blocks() + " has=" + next);
    }
  }

  private SnapshotLayout layout() {
    require("table", header.tableCrc(), half.table(header));
    require("checksums of the blocks", header.sumsCrc(), half.sums(header));
    var decoded = LayoutTable.decode(half.table(header).toArray(ValueLayout.JAVA_BYTE));
    requireDisjoint(decoded);
    requireSame("blocks", header.blocks(), decoded.blocks().size());
    requireSame("bytes of the data", header.dataBytes(), decoded.dataBytes());
    return decoded;
  }

  /** In the order of the table, so that a block is verified once all before it are there. */
  private void requireDisjoint(SnapshotLayout decoded) {
    long end = 0;
    for (Entry entry : decoded.entries()) {
      if (entry.offset() < end || entry.bytes() < 0) {
        throw new SnapshotDamagedException(
            half.file(),
            where("place of tensor=" + entry.name()),
            "from " + end,
            entry.offset() + " bytes=" + entry.bytes());
      }
      end = entry.end();
    }
  }

  private void requireSame(String what, long expected, long actual) {
    if (expected != actual) {
      throw new SnapshotDamagedException(
          half.file(), where(what), Long.toString(expected), Long.toString(actual));
    }
  }

  private long end(int number) {
    Block block = layout.blocks().get(number);
    return header.dataOffset() + at(block) + block.bytes();
  }

  private long at(Block block) {
    return layout.entries().get(block.tensor()).offset() + block.offset();
  }

  private void verify(int number) {
    Block block = layout.blocks().get(number);
    int expected = half.sums(header).get(ValueLayout.JAVA_INT, 4L * number);
    require(layout.describe(block), expected, half.data(header).asSlice(at(block), block.bytes()));
  }

  private void require(String what, int expected, MemorySegment memory) {
    SnapshotDamagedException.require(half.file(), where(what), expected, Checksum.of(memory));
  }

  private String where(String what) {
    return "arriving in " + half + " step=" + header.point().step() + " " + what;
  }
}
