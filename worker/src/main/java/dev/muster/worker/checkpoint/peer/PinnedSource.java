package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.Source;
import dev.muster.worker.checkpoint.snapshot.PinnedSnapshot;
import dev.muster.worker.checkpoint.snapshot.SnapshotDamagedException;
import dev.muster.worker.checkpoint.snapshot.SnapshotImage;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A snapshot of this host on its way to another one, pinned meanwhile. The training goes first: a
 * peer that takes no block for longer than a lease loses the snapshot when its writer needs the
 * place. Bytes that change all the same do not have the checksums that were sent before them.
 */
final class PinnedSource implements Source {
  private final SnapshotReader reader;
  private final PinnedSnapshot snapshot;
  private final MemorySegment bytes;
  private boolean closed;

  private PinnedSource(SnapshotReader reader, PinnedSnapshot snapshot) {
    this.reader = reader;
    this.snapshot = snapshot;
    this.bytes = snapshot.bytes();
  }

  /** Empty when it is not there, not any more, or its header is damaged. */
  static Optional<PinnedSource> open(SnapshotPlaces places, String name, SnapshotPoint point) {
    var reader = reader(places, name).orElse(null);
    if (reader == null) {
      return Optional.empty();
    }
    Optional<PinnedSource> source = Optional.empty();
    try {
      source = reader.of(point).map(snapshot -> new PinnedSource(reader, snapshot));
      return source;
    } catch (SnapshotDamagedException damaged) {
      return Optional.empty();
    } finally {
      if (source.isEmpty()) {
        reader.close();
      }
    }
  }

  private static Optional<SnapshotReader> reader(SnapshotPlaces places, String name) {
    try {
      return SnapshotReader.open(places, name);
    } catch (SnapshotDamagedException | UncheckedIOException goneOrDamaged) {
      return Optional.empty();
    }
  }

  SnapshotImage image() {
    return snapshot.image();
  }

  /** Compares all checksums. */
  boolean whole() {
    try {
      snapshot.verify();
      return true;
    } catch (SnapshotDamagedException | IllegalStateException damagedOrLost) {
      return false;
    }
  }

  @Override
  public long sizeBytes() {
    return bytes.byteSize();
  }

  @Override
  public MemorySegment block(long offset, int count) {
    snapshot.renew();
    return bytes.asSlice(offset, count);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      snapshot.close();
      reader.close();
    }
  }
}
