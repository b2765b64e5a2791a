package dev.muster.worker.checkpoint.snapshot;

import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which snapshots lie on this host, by their headers alone: whether the tensors behind them are
 * whole, {@link PinnedSnapshot#verify} tells. Both lists are sorted by name, snapshots of one name
 * by age, oldest first.
 *
 * @param complete what a reader can open, at most three of a name
 * @param damaged files and buffers that are not what a writer made; what else they hold is listed
 */
public record SnapshotCensus(List<Found> complete, List<Damaged> damaged) {
  /**
   * @param name under which {@link SnapshotReader#open} finds it
   * @param bytes of its tensors
   */
  public record Found(String name, SnapshotPoint point, long bytes) {}

  /**
   * @param reason names the file and the place in it
   */
  public record Damaged(String name, Path file, String reason) {}

  public SnapshotCensus {
    complete = List.copyOf(complete);
    damaged = List.copyOf(damaged);
  }

  /**
   * Looks at all of them, while writers go on. Any thread, any process of the host; some
   * microseconds a file.
   */
  public static SnapshotCensus of(SnapshotPlaces places) {
    var count = new Count(places);
    places.names().forEach(count::name);
    return new SnapshotCensus(count.complete, count.damaged);
  }

  private static final class Count {
    private final SnapshotPlaces places;
    private final List<Found> complete = new ArrayList<>();
    private final List<Damaged> damaged = new ArrayList<>();

    private Count(SnapshotPlaces places) {
      this.places = places;
    }

    /** Only the newest file of a name counts: it is the one a reader would open. */
    private void name(String name) {
      var files = places.find(name).stream().flatMap(p -> open(name, p).stream()).toList();
      try {
        files.stream()
            .max(Comparator.comparingLong(SnapshotFile::sequence))
            .ifPresent(file -> buffers(name, file));
      } finally {
        files.forEach(SnapshotFile::close);
      }
    }

    private Optional<SnapshotFile> open(String name, Path path) {
      try {
        return Optional.of(SnapshotFile.openToRead(path, SnapshotFile.CLOCK));
      } catch (SnapshotDamagedException | UncheckedIOException e) {
        if (!(e.getCause() instanceof NoSuchFileException)) { // removed since it was listed
          damaged.add(new Damaged(name, path, e.getMessage()));
        }
        return Optional.empty();
      }
    }

    private void buffers(String name, SnapshotFile file) {
      file.buffers().stream()
          .flatMap(buffer -> read(name, buffer).stream())
          .sorted(Comparator.comparingLong(SnapshotBuffer.Header::sequence))
          .forEach(h -> complete.add(new Found(name, h.point(), h.dataBytes())));
    }

    private Optional<SnapshotBuffer.Header> read(String name, SnapshotBuffer buffer) {
      try {
        return buffer.read();
      } catch (SnapshotDamagedException e) {
        damaged.add(new Damaged(name, buffer.file(), e.getMessage()));
        return Optional.empty();
      }
    }
  }
}
