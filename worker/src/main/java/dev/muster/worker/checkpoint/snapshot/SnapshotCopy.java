package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.checkpoint.snapshot.CopyRefusedException.Reason;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A snapshot on its way from another host into a file of this one. It goes to a buffer as a save
 * does ({@link Turn}), so that the one that came before stays, whole, until this one is complete;
 * nobody sees it before {@link #complete}, whenever this process dies. Its own checksums are
 * compared while it arrives. Only one copy of a name may be under way. One thread.
 */
public final class SnapshotCopy implements AutoCloseable {
  private final Rotation rotation;
  private final SnapshotFile file;
  private final SnapshotBuffer buffer;
  private final SnapshotBuffer.Header header;
  private final ArrivingBlocks blocks;
  private long arrived;

  private SnapshotCopy(
      Rotation rotation, SnapshotFile file, SnapshotBuffer buffer, SnapshotBuffer.Header header) {
    this.rotation = rotation;
    this.file = file;
    this.buffer = buffer;
    this.header = header;
    this.blocks = new ArrivingBlocks(buffer, header);
  }

  /**
   * From here on the older snapshot of the name cannot be read any more.
   *
   * @param name under which readers find it, {@code [A-Za-z0-9._-]{1,64}}
   * @throws CopyRefusedException says whether it makes sense to ask again
   */
  public static SnapshotCopy begin(SnapshotPlaces places, String name, SnapshotImage image)
      throws CopyRefusedException {
    image.require();
    if (!image.readableHere()) {
      throw new CopyRefusedException(
          Reason.UNREADABLE,
          "snapshot of another release or kind of processor: expectedFormat="
              + SnapshotImage.FORMAT
              + " actual="
              + image);
    }
    var rotation = rotation(places, name);
    try {
      return begin(rotation, image);
    } catch (CopyRefusedException | RuntimeException e) {
      rotation.close();
      throw e;
    }
  }

  private static Rotation rotation(SnapshotPlaces places, String name) throws CopyRefusedException {
    try {
      return new Rotation(places, name, SnapshotFile.CLOCK);
    } catch (IllegalStateException e) {
      throw new CopyRefusedException(Reason.IN_USE, e.getMessage(), e);
    }
  }

  private static SnapshotCopy begin(Rotation rotation, SnapshotImage image)
      throws CopyRefusedException {
    Optional<SnapshotBuffer> same = rotation.holding(image.point());
    if (same.isPresent() && whole(same.get(), image.point())) {
      throw new CopyRefusedException(
          Reason.ALREADY_HERE, "the same snapshot is here: file=" + same.get().file());
    }
    var header = image.header(rotation.nextSequence());
    var file = target(rotation, header);
    var turn =
        same.filter(file.buffers()::contains).map(Turn::of).orElseGet(() -> Turn.in(file, header));
    return new SnapshotCopy(rotation, file, reserve(turn, file, header), header);
  }

  /** One that is damaged is no copy: it is the one to be replaced. */
  private static boolean whole(SnapshotBuffer buffer, SnapshotPoint point) {
    try (var snapshot = PinnedSnapshot.pin(buffer, h -> h.point().equals(point)).orElse(null)) {
      if (snapshot != null) {
        snapshot.verify();
      }
      return snapshot != null;
    } catch (SnapshotDamagedException damaged) {
      return false;
    }
  }

  private static SnapshotFile target(Rotation rotation, SnapshotBuffer.Header header)
      throws CopyRefusedException {
    try {
      return rotation.target(header.bytes());
    } catch (IllegalStateException | UncheckedIOException e) {
      throw new CopyRefusedException(Reason.NO_ROOM, e.getMessage(), e);
    }
  }

  private static SnapshotBuffer reserve(Turn turn, SnapshotFile file, SnapshotBuffer.Header header)
      throws CopyRefusedException {
    try {
      var reserved =
          turn.reserve(b -> SnapshotSpace.require(file.path(), header.bytes() - b.takenBytes()));
      return reserved.orElseThrow(() -> new CopyRefusedException(Reason.IN_USE, turn.inTheWay()));
    } catch (IllegalStateException e) {
      throw new CopyRefusedException(Reason.NO_ROOM, e.getMessage(), e);
    }
  }

  /**
   * The next piece, of any size. Written, not copied into a mapping: pages that are touched once
   * cost more than their copy.
   *
   * @param offset of its first byte; pieces come front to back
   * @throws SnapshotDamagedException names the block and its tensor; nothing may be used
   * @throws UncheckedIOException it cannot be written: others took the space meanwhile
   */
  public void take(long offset, MemorySegment piece) {
    if (offset != arrived || piece.byteSize() > header.bytes() - offset) {
      throw new IllegalArgumentException(
          "piece out of place: expectedOffset="
              + arrived
              + " actual="
              + offset
              + " pieceBytes="
              + piece.byteSize()
              + " sizeBytes="
              + header.bytes());
    }
    file.write(buffer, offset, piece);
    blocks.take(offset, piece);
    arrived += piece.byteSize();
  }

  /**
   * Lets readers see it.
   *
   * @throws IllegalStateException some of it is missing, or its file was removed meanwhile
   */
  public void complete() {
    blocks.requireAll();
    buffer.takenBytes(Math.max(buffer.takenBytes(), header.bytes()));
    buffer.complete(header);
    rotation.publish(file);
    rotation.requireVisible();
  }

  /** Gives up what is not complete; the snapshot before it stays. */
  @Override
  public void close() {
    rotation.close();
  }
}
