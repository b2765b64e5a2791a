package dev.muster.worker.checkpoint.snapshot;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** One state on its way into a buffer that nobody reads. */
final class Save {
  private final SnapshotFile file;
  private final SnapshotBuffer buffer;
  private final SnapshotBuffer.Header header;
  private final List<MemorySegment> sources;
  private final CopyJob copy;

  Save(
      SnapshotFile file,
      SnapshotBuffer buffer,
      SnapshotBuffer.Header header,
      SnapshotLayout layout,
      List<MemorySegment> sources) {
    this.file = file;
    this.buffer = buffer;
    this.header = header;
    this.sources = sources;
    byte[] table = LayoutTable.encode(layout);
    MemorySegment.copy(table, 0, buffer.region(), ValueLayout.JAVA_BYTE, 0, table.length);
    this.copy = new CopyJob(layout, sources, buffer.data(header), buffer.sums(header));
  }

  static SnapshotBuffer.Header header(SnapshotPoint point, long sequence, SnapshotLayout layout) {
    long tableBytes = LayoutTable.encode(layout).length;
    return SnapshotBuffer.Header.of(point, sequence, tableBytes, layout);
  }

  SnapshotFile file() {
    return file;
  }

  SnapshotBuffer.Header header() {
    return header;
  }

  CopyJob copy() {
    return copy;
  }

  /** Not begun: what was there stays. */
  void giveBack() {
    buffer.giveBack();
  }

  boolean readableBy(Thread thread) {
    return sources.stream().allMatch(memory -> memory.isAccessibleBy(thread));
  }

  /** Waits for the copy, then lets readers see it. */
  void complete() {
    copy.await();
    int tableCrc = Checksum.of(buffer.table(header));
    buffer.complete(header.with(tableCrc, Checksum.of(buffer.sums(header))));
  }
}
