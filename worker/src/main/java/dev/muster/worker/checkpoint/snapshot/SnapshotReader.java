package dev.muster.worker.checkpoint.snapshot;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Finds the snapshots of one rank, whether or not its writer lives. Sees the file that had the
 * rank's name when it was opened: open one per restore. One thread, any process of the host.
 */
public final class SnapshotReader implements AutoCloseable {
  /**
   * How long a snapshot stays pinned after its last block was read. Too short: a reader that gets
   * no processor loses it; too long: one that hangs keeps the writer from saving.
   */
  static final long LEASE_MS = 5_000;

  private final SnapshotFile file;

  private SnapshotReader(SnapshotFile file) {
    this.file = file;
  }

  /**
   * Empty when the rank has never completed a snapshot.
   *
   * @throws SnapshotDamagedException the file is not what a writer made
   */
  public static Optional<SnapshotReader> open(SnapshotPlaces places, String name) {
    return open(places, name, SnapshotFile.CLOCK);
  }

  static Optional<SnapshotReader> open(SnapshotPlaces places, String name, LongSupplier nowMs) {
    List<SnapshotFile> files =
        places.find(name).stream().map((Path p) -> SnapshotFile.openToRead(p, nowMs)).toList();
    var newest = files.stream().max(Comparator.comparingLong(SnapshotFile::sequence));
    files.stream().filter(f -> f != newest.get()).forEach(SnapshotFile::close);
    return newest.map(SnapshotReader::new);
  }

  /**
   * The newest complete snapshot, pinned until it is closed.
   *
   * @throws SnapshotDamagedException a header is damaged, so that nobody knows which is the newest;
   *     {@link #ofStep} may still find the other one
   */
  public Optional<PinnedSnapshot> newest() {
    return find(header -> true, false);
  }

  /** What is complete here, by headers alone, oldest first. */
  public List<SnapshotPoint> points() {
    return file.buffers().stream()
        .flatMap(buffer -> read(buffer, true).stream())
        .sorted(Comparator.comparingLong(SnapshotBuffer.Header::sequence))
        .map(SnapshotBuffer.Header::point)
        .toList();
  }

  /** The complete snapshot of a step: every buffer counts, one with a damaged header does not. */
  public Optional<PinnedSnapshot> ofStep(long step) {
    return find(header -> header.point().step() == step, true);
  }

  /** The complete snapshot of a step as one generation had applied it; otherwise as before. */
  public Optional<PinnedSnapshot> of(long generation, long step) {
    return find(
        header -> header.point().generation() == generation && header.point().step() == step, true);
  }

  /** The complete snapshot of exactly this point; otherwise as before. */
  public Optional<PinnedSnapshot> of(SnapshotPoint point) {
    return find(header -> header.point().equals(point), true);
  }

  /** The writer goes on meanwhile, so what was seen may be gone when it is to be pinned. */
  private Optional<PinnedSnapshot> find(Predicate<SnapshotBuffer.Header> wanted, boolean tolerant) {
    while (true) {
      long before = changes();
      var found = candidate(wanted, tolerant);
      var pinned = found.flatMap(buffer -> PinnedSnapshot.pin(buffer, wanted));
      if (pinned.isPresent() || found.isEmpty() && changes() == before) {
        return pinned;
      }
    }
  }

  private long changes() {
    return file.buffers().stream().mapToLong(SnapshotBuffer::changes).sum();
  }

  private Optional<SnapshotBuffer> candidate(
      Predicate<SnapshotBuffer.Header> wanted, boolean tolerant) {
    SnapshotBuffer best = null;
    long sequence = -1;
    for (SnapshotBuffer buffer : file.buffers()) {
      var header = read(buffer, tolerant).filter(wanted);
      if (header.isPresent() && header.get().sequence() > sequence) {
        best = buffer;
        sequence = header.get().sequence();
      }
    }
    return Optional.ofNullable(best);
  }

  private static Optional<SnapshotBuffer.Header> read(SnapshotBuffer buffer, boolean tolerant) {
    try {
      return buffer.read();
    } catch (SnapshotDamagedException e) {
      if (tolerant) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether a save was cut short, or is under way. */
  public boolean torn() {
    return file.buffers().stream().anyMatch(SnapshotBuffer::unfinished);
  }

  /** Snapshots it has pinned must be closed before. */
  @Override
  public void close() {
    file.close();
  }
}
