package dev.muster.worker.checkpoint.snapshot;

import java.nio.ByteOrder;

/**
 * A complete snapshot as it lies in its buffer, for who takes it to another host: table, checksums
 * and data, {@link #sizeBytes} in all.
 *
 * @param format of the bytes, {@link #FORMAT}
 * @param byteOrder of checksums and tensors, as {@link ByteOrder} prints it
 * @param tableBytes of the layout's table
 * @param blocks that have a checksum each
 * @param dataBytes of the tensors
 * @param tableCrc CRC32C of the table
 * @param sumsCrc CRC32C of the checksums
 */
public record SnapshotImage(
    int format,
    String byteOrder,
    SnapshotPoint point,
    long tableBytes,
    long blocks,
    long dataBytes,
    int tableCrc,
    int sumsCrc) {
  public static final int FORMAT = SnapshotFile.VERSION;

  /** Far above any state, and far below an overflow. */
  private static final long BYTES_MAX = 1L << 48;

  private static final long TABLE_BYTES_MAX = 1L << 28;

  static SnapshotImage of(SnapshotBuffer.Header header) {
    return new SnapshotImage(
        FORMAT,
        ByteOrder.nativeOrder().toString(),
        header.point(),
        header.tableBytes(),
        header.blocks(),
        header.dataBytes(),
        header.tableCrc(),
        header.sumsCrc());
  }

  SnapshotBuffer.Header header(long sequence) {
    return new SnapshotBuffer.Header(
        point, sequence, tableBytes, blocks, dataBytes, tableCrc, sumsCrc);
  }

  /** From the table's first byte to the last tensor's end. */
  public long sizeBytes() {
    return header(0).bytes();
  }

  /** Whether this host can read it as it is. */
  boolean readableHere() {
    return format == FORMAT && ByteOrder.nativeOrder().toString().equals(byteOrder);
  }

  /** What came over a network is checked before anything is computed from it. */
  void require() {
    point.require();
    if (!within(tableBytes, TABLE_BYTES_MAX)
        || !within(blocks, BYTES_MAX)
        || !within(dataBytes, BYTES_MAX)) {
      throw new IllegalArgumentException("sizes of no snapshot: " + this);
    }
  }

  private static boolean within(long value, long most) {
    return value >= 0 && value <= most;
  }
}
