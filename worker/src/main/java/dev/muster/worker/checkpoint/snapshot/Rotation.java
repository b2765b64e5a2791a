package dev.muster.worker.checkpoint.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Which file the next save goes to, where {@link Turn} finds a buffer: the one that readers see. A
 * state that has no room there goes to a fresh file, which takes the other's name once it holds a
 * complete snapshot; until then readers see the old one. Step thread.
 */
final class Rotation implements AutoCloseable {
  private static final int ROOM_FACTOR = 2; // holes cost nothing, a new file costs its pages

  private final SnapshotPlaces places;
  private final String name;
  private final LongSupplier nowMs;
  private SnapshotFile visible; // null before the first save of all
  private SnapshotFile fresh; // null unless the visible one is too small

  Rotation(SnapshotPlaces places, String name, LongSupplier nowMs) {
    this.places = places;
    this.name = name;
    this.nowMs = nowMs;
    for (Path path : places.find(name)) {
      keepNewer(path);
    }
    if (visible != null) {
      claimVisible();
    }
  }

  private void claimVisible() {
    try {
      visible.claim();
    } catch (IllegalStateException e) {
      visible.close();
      throw e;
    }
  }

  private void keepNewer(Path path) {
    try {
      var found = SnapshotFile.openToWrite(path, nowMs);
      if (visible == null || found.sequence() > visible.sequence()) {
        closeVisible();
        visible = found;
      } else {
        found.close();
      }
    } catch (SnapshotDamagedException e) {
      places.notes().accept("the next snapshot replaces a damaged file: " + e.getMessage());
    }
  }

  long nextSequence() {
    return visible == null ? 0 : visible.sequence() + 1;
  }

  /** The buffer that readers find when they ask for {@code point}. */
  Optional<SnapshotBuffer> holding(SnapshotPoint point) {
    return visible == null
        ? Optional.empty()
        : visible.buffers().stream().filter(h -> h.holds(point)).findFirst();
  }

  /** A file with room for snapshots of {@code bytes}; not visible yet if it is a fresh one. */
  SnapshotFile target(long bytes) {
    if (visible != null && visible.room() >= bytes) {
      return visible;
    }
    if (fresh == null || fresh.room() < bytes) {
      replaceFresh(bytes);
    }
    return fresh;
  }

  private void replaceFresh(long bytes) {
    discardFresh();
    Path directory = places.choose(SnapshotFile.HEADER_BYTES + 2 * bytes);
    Path path = SnapshotPlaces.fresh(SnapshotPlaces.file(directory, name));
    fresh = SnapshotFile.create(path, ROOM_FACTOR * bytes, nowMs);
    fresh.claim();
  }

  /** {@code target} holds a complete snapshot: readers may see it. */
  void publish(SnapshotFile target) {
    if (target == visible) {
      return;
    }
    Path path = published(target);
    try {
      Files.move(target.path(), path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot publish a snapshot: file=" + path + " error=" + e, e);
    }
    deleteOthers(path);
    closeVisible();
    visible = target;
    fresh = null;
  }

  /**
   * @throws IllegalStateException others removed the file: what it holds is not found
   */
  void requireVisible() {
    if (!Files.exists(published(visible))) {
      throw new IllegalStateException(
          "the snapshot was removed while it was written: file=" + published(visible));
    }
  }

  /**
   * Other files of the name go first: they are older, and would be the newest once all of the
   * visible one was taken back.
   */
  void rollBack(long generation, long step) {
    if (visible != null) {
      deleteOthers(published(visible));
      visible.buffers().stream()
          .filter(buffer -> !survives(buffer, generation, step))
          .forEach(SnapshotBuffer::rollBack);
    }
  }

  /** What cannot be read is not known to be from before. */
  private static boolean survives(SnapshotBuffer buffer, long generation, long step) {
    try {
      return buffer.read().map(h -> h.point().survives(generation, step)).orElse(true);
    } catch (SnapshotDamagedException unreadable) {
      return false;
    }
  }

  /** A file keeps the path it was opened under, which may have been that of a fresh one. */
  private Path published(SnapshotFile file) {
    return SnapshotPlaces.file(file.path().getParent(), name);
  }

  private void deleteOthers(Path path) {
    places.find(name).stream().filter(p -> !p.equals(path)).forEach(SnapshotPlaces::delete);
  }

  private void discardFresh() {
    if (fresh != null) {
      SnapshotPlaces.delete(fresh.path());
      fresh.close();
      fresh = null;
    }
  }

  private void closeVisible() {
    if (visible != null) {
      visible.unclaim();
      visible.close();
    }
  }

  @Override
  public void close() {
    discardFresh();
    closeVisible();
  }
}
