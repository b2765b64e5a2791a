package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Block;
import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Entry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/**
 * Compares the checksums of a snapshot while it arrives in a buffer, front to back, over pieces of
 * any size that still are in the processor's cache. One thread.
 */
final class ArrivingBlocks {
  private final SnapshotBuffer buffer;
  private final SnapshotBuffer.Header header;
  private SnapshotLayout layout; // null until the table and the checksums are there
  private int next; // the block that is being summed
  private final CRC32C sum = new CRC32C();

  ArrivingBlocks(SnapshotBuffer buffer, SnapshotBuffer.Header header) {
    this.buffer = buffer;
    this.header = header;
  }

  /**
   * @param offset within the region, right behind the piece before
   * @param piece is in the region already
   * @throws SnapshotDamagedException names the first block that is not what its writer summed
   */
  void take(long offset, MemorySegment piece) {
    long end = offset + piece.byteSize();
    if (layout == null && end >= header.dataOffset()) {
      layout = layout();
    }
    while (layout != null && next < layout.blocks().size() && start() < end) {
      long from = Math.max(start(), offset);
      long to = Math.min(end(), end);
      sum.update(piece.asSlice(from - offset, to - from).asByteBuffer());
      if (to < end()) {
        return;
      }
      compare();
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
    require("table", header.tableCrc(), buffer.table(header));
    require("checksums of the blocks", header.sumsCrc(), buffer.sums(header));
    var decoded = LayoutTable.decode(buffer.table(header).toArray(ValueLayout.JAVA_BYTE));
    requireDisjoint(decoded);
    requireSame("blocks", header.blocks(), decoded.blocks().size());
    requireSame("bytes of the data", header.dataBytes(), decoded.dataBytes());
    return decoded;
  }

  /**
   * In the order of the table, so that what arrives front to back meets one block after the other.
   */
  private void requireDisjoint(SnapshotLayout decoded) {
    long end = 0;
    for (Entry entry : decoded.entries()) {
      if (entry.offset() < end || entry.bytes() < 0) {
        throw new SnapshotDamagedException(
            buffer.file(),
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
          buffer.file(), where(what), Long.toString(expected), Long.toString(actual));
    }
  }

  private long start() {
    Block block = layout.blocks().get(next);
    Entry entry = layout.entries().get(block.tensor());
    return header.dataOffset() + entry.offset() + block.offset();
  }

  private long end() {
    return start() + layout.blocks().get(next).bytes();
  }

  private void compare() {
    int expected = buffer.sums(header).get(ValueLayout.JAVA_INT, 4L * next);
    var where = where(layout.describe(layout.blocks().get(next)));
    SnapshotDamagedException.require(buffer.file(), where, expected, (int) sum.getValue());
    sum.reset();
    next++;
  }

  private void require(String what, int expected, MemorySegment memory) {
    SnapshotDamagedException.require(buffer.file(), where(what), expected, Checksum.of(memory));
  }

  private String where(String what) {
    return "arriving in " + buffer + " step=" + header.point().step() + " " + what;
  }
}
