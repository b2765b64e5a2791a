package dev.muster.worker.checkpoint.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Where the snapshots of a run lie: in shared memory if it is large enough, otherwise in the run
 * folder, where they survive a worker just as well but cost the disk. Files are 0600, directories
 * 0700.
 *
 * @param shared a directory of this run alone, in shared memory
 * @param folder a directory of this run alone, on disk
 * @param notes told, in a sentence, when the folder is taken instead
 */
public record SnapshotPlaces(Path shared, Path folder, Consumer<String> notes) {
  /** What {@link #file} produces; sweeping deletes nothing else. */
  private static final String NAMES = "[A-Za-z0-9._-]{1,64}\\.snap(\\.new)?";

  private static final String SUFFIX = ".snap";

  /** Unfinished: renamed once it holds a complete snapshot. */
  static final String FRESH_SUFFIX = ".new";

  public SnapshotPlaces {
    Stream.of(shared, folder).forEach(SnapshotPlaces::create);
  }

  private static void create(Path directory) {
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    try {
      Files.createDirectories(directory, mode);
    } catch (IOException e) {
      throw failed("cannot create", directory, e);
    }
  }

  /**
   * The directory for a file that will take {@code neededBytes}.
   *
   * @throws IllegalStateException neither has the space
   */
  Path choose(long neededBytes) {
    return choose(neededBytes, SnapshotSpace::usableBytes);
  }

  Path choose(long neededBytes, ToLongFunction<Path> usableBytes) {
    long inMemory = usableBytes.applyAsLong(shared);
    if (inMemory >= neededBytes) {
      return shared;
    }
    long onDisk = usableBytes.applyAsLong(folder);
    String figures = figures(neededBytes, inMemory, onDisk);
    if (onDisk < neededBytes) {
      throw new IllegalStateException(
          "no space for two snapshots of a rank: "
              + figures
              + "; enlarge either (containers: --shm-size and the memory limit), use fewer ranks"
              + " per host, or shard the state further");
    }
    notes.accept("snapshots go to disk, shared memory is too small: " + figures);
    return folder;
  }

  private String figures(long neededBytes, long inMemory, long onDisk) {
    return "neededBytes="
        + neededBytes
        + " sharedMemory="
        + shared
        + " usableBytes="
        + inMemory
        + " runFolder="
        + folder
        + " usableBytes="
        + onDisk;
  }

  static Path file(Path directory, String name) {
    String file = name + SUFFIX;
    if (!file.matches(NAMES)) {
      throw new IllegalArgumentException(
          "not a name for a snapshot: name=" + name + " expected=" + NAMES);
    }
    return directory.resolve(file);
  }

  /**
   * The finished files of a name; two when a writer died between moving to the other place and
   * clearing the old one.
   */
  List<Path> find(String name) {
    return Stream.of(shared, folder).map(d -> file(d, name)).filter(Files::exists).toList();
  }

  /** All that have a finished file, sorted. */
  public List<String> names() {
    return Stream.of(shared, folder)
        .flatMap(d -> list(d).stream())
        .map(f -> f.getFileName().toString())
        .filter(f -> f.endsWith(SUFFIX))
        .map(f -> f.substring(0, f.length() - SUFFIX.length()))
        .distinct()
        .sorted()
        .toList();
  }

  /** Removes what is left of one rank. Who has mapped it keeps what it has mapped. */
  public void remove(String name) {
    Stream.of(shared, folder)
        .flatMap(d -> Stream.of(file(d, name), fresh(file(d, name))))
        .forEach(SnapshotPlaces::delete);
  }

  /** Removes what is left of all ranks; returns the files, for the log. */
  public List<Path> sweep() {
    var left = Stream.of(shared, folder).flatMap(d -> list(d).stream()).toList();
    left.forEach(SnapshotPlaces::delete);
    return left;
  }

  private static List<Path> list(Path directory) {
    try (var files = Files.list(directory)) {
      return files
          .filter(f -> f.getFileName().toString().matches(NAMES))
          .sorted(Comparator.naturalOrder())
          .toList();
    } catch (IOException e) {
      throw failed("cannot list", directory, e);
    }
  }

  static Path fresh(Path file) {
    return file.resolveSibling(file.getFileName() + FRESH_SUFFIX);
  }

  static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw failed("cannot delete", file, e);
    }
  }

  private static UncheckedIOException failed(String what, Path path, IOException cause) {
    return new UncheckedIOException(what + " path=" + path + " error=" + cause, cause);
  }
}
