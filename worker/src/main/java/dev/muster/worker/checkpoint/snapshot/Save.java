package dev.muster.worker.checkpoint.snapshot;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** One state on its way into a half that nobody reads. */
final class Save {
  private final SnapshotFile file;
  private final Half half;
  private final Half.Header header;
  private final List<MemorySegment> sources;
  private final CopyJob copy;

  Save(
      SnapshotFile file,
      Half half,
      Half.Header header,
      SnapshotLayout layout,
      List<MemorySegment> sources) {
    this.file = file;
    this.half = half;
    this.header = header;
    this.sources = sources;
    byte[] table = LayoutTable.encode(layout);
    MemorySegment.copy(table, 0, half.region(), ValueLayout.JAVA_BYTE, 0, table.length);
    this.copy = new CopyJob(layout, sources, half.data(header), half.sums(header));
  }

  static Half.Header header(SnapshotPoint point, long sequence, SnapshotLayout layout) {
    long tableBytes = LayoutTable.encode(layout).length;
    return Half.Header.of(point, sequence, tableBytes, layout);
  }

  SnapshotFile file() {
    return file;
  }

  Half.Header header() {
    return header;
  }

  CopyJob copy() {
    return copy;
  }

  /** Not begun: what was there stays. */
  void giveBack() {
    half.giveBack();
  }

  boolean readableBy(Thread thread) {
    return sources.stream().allMatch(memory -> memory.isAccessibleBy(thread));
  }

  /** Waits for the copy, then lets readers see it. */
  void complete() {
    copy.await();
    int tableCrc = Checksum.of(half.table(header));
    half.complete(header.with(tableCrc, Checksum.of(half.sums(header))));
  }
}
