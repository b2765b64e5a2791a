package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Block;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A complete snapshot that its writer will not touch while this is open and read from: each block
 * read here prolongs the lease, {@link #renew} does for those who read by themselves. One thread.
 */
public final class PinnedSnapshot implements AutoCloseable {
  private final SnapshotBuffer buffer;
  private final Pins.Pin pin;
  private final SnapshotBuffer.Header header;
  private final SnapshotLayout layout;

  private PinnedSnapshot(SnapshotBuffer buffer, Pins.Pin pin, SnapshotBuffer.Header header) {
    this.buffer = buffer;
    this.pin = pin;
    this.header = header;
    requireCrc("table", header.tableCrc(), buffer.table(header));
    this.layout =
        LayoutTable.decode(buffer.table(header).toArray(ValueLayout.JAVA_BYTE)); // a few kilobytes
    requireCrc("checksums of the blocks", header.sumsCrc(), buffer.sums(header));
  }

  /** Empty when the buffer has no complete snapshot of this kind any more. */
  static Optional<PinnedSnapshot> pin(
      SnapshotBuffer buffer, Predicate<SnapshotBuffer.Header> wanted) {
    Pins.Pin pin = buffer.pins().take(SnapshotReader.LEASE_MS);
    try {
      var snapshot =
          buffer.read().filter(wanted).map(header -> new PinnedSnapshot(buffer, pin, header));
      if (snapshot.isEmpty()) {
        buffer.pins().release(pin);
      }
      return snapshot;
    } catch (RuntimeException e) {
      buffer.pins().release(pin);
      throw e;
    }
  }

  public SnapshotPoint point() {
    return header.point();
  }

  public long step() {
    return header.point().step();
  }

  public long generation() {
    return header.point().generation();
  }

  /** For messages. */
  public Path file() {
    return buffer.file();
  }

  public SnapshotLayout layout() {
    return layout;
  }

  /** A tensor's bytes, read-only; valid as long as {@link #renew} does not throw. */
  public MemorySegment data(SnapshotLayout.Entry entry) {
    return buffer.data(header).asSlice(entry.offset(), entry.bytes()).asReadOnly();
  }

  /** Describes {@link #bytes}. */
  public SnapshotImage image() {
    return SnapshotImage.of(header);
  }

  /** Table, checksums and data, read-only; valid as long as {@link #renew} does not throw. */
  public MemorySegment bytes() {
    return buffer.region().asSlice(0, header.bytes()).asReadOnly();
  }

  /**
   * Compares all checksums.
   *
   * @throws SnapshotDamagedException names the first block that is damaged, and its tensor
   */
  public void verify() {
    for (int number = 0; number < layout.blocks().size(); number++) {
      verify(number);
    }
    renew();
  }

  /**
   * Compares the checksums of one tensor.
   *
   * @param entry of this snapshot's {@link #layout}
   * @param afterBlock called after each, for who has other leases to prolong, too
   * @throws SnapshotDamagedException as {@link #verify()}
   */
  public void verify(SnapshotLayout.Entry entry, Runnable afterBlock) {
    for (int number = 0; number < layout.blocks().size(); number++) {
      if (layout.entries().get(layout.blocks().get(number).tensor()) == entry) {
        verify(number);
        afterBlock.run();
      }
    }
    renew();
  }

  private void verify(int number) {
    Block block = layout.blocks().get(number);
    int expected = buffer.sums(header).get(ValueLayout.JAVA_INT, 4L * number);
    requireCrc(layout.describe(block), expected, data(block));
  }

  /**
   * Copies the snapshot into {@code tensors}, after it was verified. They are untouched when the
   * layout differs or the snapshot is damaged; when the lease is lost on the way, they hold no
   * state.
   *
   * @throws IllegalArgumentException names, types, shapes or boxes differ; says which
   */
  public void restore(List<NamedTensor> tensors) {
    List<MemorySegment> targets = layout.targets(tensors);
    verify();
    for (Block block : layout.blocks()) {
      renew();
      MemorySegment target = targets.get(block.tensor());
      MemorySegment.copy(data(block), 0, target, block.offset(), block.bytes());
    }
    renew();
  }

  private MemorySegment data(Block block) {
    long at = layout.entries().get(block.tensor()).offset() + block.offset();
    return buffer.data(header).asSlice(at, block.bytes());
  }

  /** Bytes that changed because the pin was lost are no damage, so that is asked first. */
  private void requireCrc(String what, int expected, MemorySegment memory) {
    int actual = Checksum.of(memory);
    renew();
    SnapshotDamagedException.require(
        buffer.file(), buffer + " step=" + step() + " " + what, expected, actual);
  }

  /**
   * Prolongs the lease; what was read before is right if this returns.
   *
   * @throws IllegalStateException it ran out and the writer went on
   */
  public void renew() {
    if (!holds()) {
      throw new IllegalStateException(
          "lost a snapshot while reading it: file="
              + buffer.file()
              + " step="
              + step()
              + " leaseMs="
              + SnapshotReader.LEASE_MS
              + "; the writer did not wait any longer, read the newest one");
    }
  }

  /** Prolongs the lease as {@link #renew} does, and says whether it was held; false is final. */
  public boolean holds() {
    return buffer.pins().renew(pin, SnapshotReader.LEASE_MS);
  }

  @Override
  public void close() {
    buffer.pins().release(pin);
  }
}
