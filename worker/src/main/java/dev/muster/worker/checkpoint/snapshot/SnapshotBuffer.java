package dev.muster.worker.checkpoint.snapshot;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/**
 * One of the buffers of a {@link SnapshotFile}: its header and the region it describes.
 *
 * <pre>
 *   header                                     region
 *     0  i64  state                              0       table: {@link LayoutTable}
 *     8  i64  step                               sums    i32 CRC32C per block, at a multiple of 64
 *    16  i64  generation                         data    tensors, each at a multiple of 64, the first of 4096
 *    24  i64  sequence: number of the save
 *    32  i64  bytes of the table
 *    40  i64  blocks
 *    48  i64  bytes of the data
 *    56  i32  CRC32C of the table
 *    60  i32  CRC32C of the sums
 *    64  i32  rank
 *    68  i32  world size
 *    72  i32  CRC32C of the header from 8 to 72
 *    80  i64  bytes of the region that have space behind them; 88: the same, inverted
 *   128  i64[16]  {@link Pins}
 * </pre>
 *
 * State: EMPTY or COMPLETE → WRITING → COMPLETE. WRITING is visible before the first byte changes,
 * COMPLETE after the last one; a writer that dies in between leaves WRITING, which nobody reads.
 * COMPLETE → ROLLBACK takes a snapshot back: nobody reads it either, and the next save goes there.
 * States are 8 letters, so that no damaged byte turns one into another.
 *
 * <p>A reader pins, then looks whether the buffer still is COMPLETE; the writer sets WRITING, then
 * looks for pins. Both orders are volatile, so at least one of them sees the other.
 */
final class SnapshotBuffer {
  static final long HEADER_BYTES = 512;
  static final long EMPTY = 0;
  static final long WRITING = 0x474E49_54495257L; // "WRITING"
  static final long COMPLETE = 0x4554454C_504D4F43L; // "COMPLETE"

  static final long ROLLBACK = 0x4B434142_4C4C4F52L; // "ROLLBACK"

  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final long SEQUENCE = 24;
  private static final long HEADER_CRC = 72;
  private static final long TAKEN = 80;

  /** What the header of a complete buffer says. */
  record Header(
      SnapshotPoint point,
      long sequence,
      long tableBytes,
      long blocks,
      long dataBytes,
      int tableCrc,
      int sumsCrc) {
    /** As far as it is known before the copy. */
    static Header of(SnapshotPoint point, long sequence, long tableBytes, SnapshotLayout layout) {
      int blocks = layout.blocks().size();
      return new Header(point, sequence, tableBytes, blocks, layout.dataBytes(), 0, 0);
    }

    Header with(int tableCrc, int sumsCrc) {
      return new Header(point, sequence, tableBytes, blocks, dataBytes, tableCrc, sumsCrc);
    }

    long sumsOffset() {
      return SnapshotLayout.align(tableBytes, 64);
    }

    long dataOffset() {
      return SnapshotLayout.align(sumsOffset() + 4 * blocks, 4096);
    }

    long bytes() {
      return dataOffset() + dataBytes;
    }
  }

  private final Path file;
  private final int number;
  private final MemorySegment header;
  private final MemorySegment region;
  private final Pins pins;
  private long before; // state of a buffer that is reserved

  SnapshotBuffer(
      Path file, int number, MemorySegment header, MemorySegment region, LongSupplier nowMs) {
    this.file = file;
    this.number = number;
    this.header = header;
    this.region = region;
    this.pins = new Pins(header.asSlice(128, 8L * Pins.SLOTS), nowMs);
  }

  MemorySegment region() {
    return region;
  }

  MemorySegment table(Header of) {
    return region.asSlice(0, of.tableBytes());
  }

  MemorySegment sums(Header of) {
    return region.asSlice(of.sumsOffset(), 4 * of.blocks());
  }

  MemorySegment data(Header of) {
    return region.asSlice(of.dataOffset(), of.dataBytes());
  }

  Pins pins() {
    return pins;
  }

  Path file() {
    return file;
  }

  @Override
  public String toString() {
    return "buffer " + number;
  }

  // ---- reading

  /**
   * Empty when there is no complete snapshot in this buffer, or none that stayed while it was
   * looked at.
   *
   * @throws SnapshotDamagedException the header is not what was written
   */
  Optional<Header> read() {
    return read(state -> state == COMPLETE);
  }

  /** Whether it is complete, by its header. */
  boolean holds(SnapshotPoint point) {
    try {
      return read().filter(h -> h.point().equals(point)).isPresent();
    } catch (SnapshotDamagedException unreadable) {
      return false;
    }
  }

  private Optional<Header> read(LongPredicate wanted) {
    long sequence = (long) LONG.getVolatile(header, SEQUENCE);
    long state = state();
    Header read = header();
    int expected = header.get(ValueLayout.JAVA_INT, HEADER_CRC);
    int actual = headerCrc();
    VarHandle.acquireFence(); // what was read above is from before the second look
    boolean still = state() == state && (long) LONG.getVolatile(header, SEQUENCE) == sequence;
    if (!still || state == EMPTY || state == WRITING) {
      return Optional.empty();
    }
    requireKnown(state);
    if (!wanted.test(state)) {
      return Optional.empty();
    }
    SnapshotDamagedException.require(file, this + " header", expected, actual);
    requireInside(read);
    return Optional.of(read);
  }

  private void requireKnown(long state) {
    if (state != COMPLETE && state != ROLLBACK) {
      throw new SnapshotDamagedException(
          file, this + " state", Long.toHexString(COMPLETE), Long.toHexString(state));
    }
  }

  private void requireInside(Header read) {
    if (read.bytes() > region.byteSize()) {
      throw new SnapshotDamagedException(
          file, this + " size", "at most " + region.byteSize(), Long.toString(read.bytes()));
    }
  }

  private Header header() {
    return new Header(
        new SnapshotPoint(
            header.get(ValueLayout.JAVA_LONG, 8),
            header.get(ValueLayout.JAVA_LONG, 16),
            header.get(ValueLayout.JAVA_INT, 64),
            header.get(ValueLayout.JAVA_INT, 68)),
        header.get(ValueLayout.JAVA_LONG, SEQUENCE),
        header.get(ValueLayout.JAVA_LONG, 32),
        header.get(ValueLayout.JAVA_LONG, 40),
        header.get(ValueLayout.JAVA_LONG, 48),
        header.get(ValueLayout.JAVA_INT, 56),
        header.get(ValueLayout.JAVA_INT, 60));
  }

  private int headerCrc() {
    return Checksum.of(header.asSlice(8, HEADER_CRC - 8));
  }

  private long state() {
    return (long) LONG.getVolatile(header, 0L);
  }

  /** Another number whenever this buffer has become complete again. */
  long changes() {
    return (long) LONG.getVolatile(header, SEQUENCE);
  }

  /** Whether a save is under way here, or was when its writer died. */
  boolean unfinished() {
    return state() == WRITING;
  }

  /** Number of the save in this buffer, -1 if there is none that can be read. */
  long sequence() {
    return sequence(state -> state == COMPLETE);
  }

  /** The same, also of a save that was taken back since. */
  long lastSequence() {
    return sequence(state -> true);
  }

  private long sequence(LongPredicate wanted) {
    try {
      return read(wanted).map(Header::sequence).orElse(-1L);
    } catch (SnapshotDamagedException unreadable) {
      return -1;
    }
  }

  // ---- writing: one process at a time, see SnapshotFile

  /**
   * From here on nobody reads this buffer.
   *
   * @return the pid of a reader that is in the way; then nothing has changed
   */
  OptionalLong reserve() {
    before = state();
    LONG.setVolatile(header, 0L, WRITING);
    OptionalLong reader = pins.reader();
    if (reader.isPresent()) {
      giveBack();
    }
    return reader;
  }

  /** What was here when {@link #reserve} was called is here again; nothing was written since. */
  void giveBack() {
    LONG.setVolatile(header, 0L, before);
  }

  /** Makes what was written since {@link #reserve} the content of this buffer. */
  void complete(Header written) {
    header.set(ValueLayout.JAVA_LONG, 8, written.point().step());
    header.set(ValueLayout.JAVA_LONG, 16, written.point().generation());
    header.set(ValueLayout.JAVA_INT, 64, written.point().rank());
    header.set(ValueLayout.JAVA_INT, 68, written.point().worldSize());
    LONG.setVolatile(header, SEQUENCE, written.sequence());
    header.set(ValueLayout.JAVA_LONG, 32, written.tableBytes());
    header.set(ValueLayout.JAVA_LONG, 40, written.blocks());
    header.set(ValueLayout.JAVA_LONG, 48, written.dataBytes());
    header.set(ValueLayout.JAVA_INT, 56, written.tableCrc());
    header.set(ValueLayout.JAVA_INT, 60, written.sumsCrc());
    header.set(ValueLayout.JAVA_INT, HEADER_CRC, headerCrc());
    LONG.setRelease(header, 0L, COMPLETE);
  }

  /**
   * Takes a complete snapshot back, in one store. Who has pinned it may read on: its bytes stay
   * until the next save finds no pin.
   */
  void rollBack() {
    LONG.setVolatile(header, 0L, ROLLBACK);
  }

  /** Leading bytes of the region that can be touched without a SIGBUS. */
  long takenBytes() {
    long taken = header.get(ValueLayout.JAVA_LONG, TAKEN);
    boolean whole = header.get(ValueLayout.JAVA_LONG, TAKEN + 8) == ~taken;
    return whole && taken <= region.byteSize() ? taken : 0;
  }

  void takenBytes(long bytes) {
    header.set(ValueLayout.JAVA_LONG, TAKEN, bytes);
    header.set(ValueLayout.JAVA_LONG, TAKEN + 8, ~bytes);
  }
}
