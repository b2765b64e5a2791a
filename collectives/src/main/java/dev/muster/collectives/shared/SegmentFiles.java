package dev.muster.collectives.shared;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.muster.collectives.Groups;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names, modes and mappings of a group's files. Files are 0600, their directory 0700. */
final class SegmentFiles {
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<?> OWNER_ONLY_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /**
   * What {@link #control}, {@link #data} and {@link #recorder} produce; sweeping deletes nothing
   * else.
   */
  static final String NAMES = "[A-Za-z0-9._-]{1,64}-g\\d+(\\.ctl|-r\\d+\\.(mem|rec))";

  private SegmentFiles() {}

  static Path control(Groups.Spec spec) {
    return spec.directory().resolve(spec.group() + "-g" + spec.generation() + ".ctl");
  }

  static Path data(Groups.Spec spec, int rank) {
    return spec.directory().resolve(spec.group() + "-g" + spec.generation() + "-r" + rank + ".mem");
  }

  static Path recorder(Groups.Spec spec, int rank) {
    return spec.directory().resolve(spec.group() + "-g" + spec.generation() + "-r" + rank + ".rec");
  }

  /** Those of the group that have a control file. */
  static List<Long> generations(Groups.Spec spec) {
    var name = Pattern.compile(Pattern.quote(spec.group()) + "-g(\\d{1,18})\\.ctl");
    try (var files = Files.list(spec.directory())) {
      return files
          .map(file -> name.matcher(file.getFileName().toString()))
          .filter(Matcher::matches)
          .map(match -> Long.parseLong(match.group(1)))
          .toList();
    } catch (NoSuchFileException none) {
      return List.of();
    } catch (IOException e) {
      throw failed("cannot list shared memory", spec.directory(), e);
    }
  }

  static MemorySegment mapControl(Groups.Spec spec, Arena arena) {
    try {
      Files.createDirectories(spec.directory(), OWNER_ONLY_DIRECTORY);
      requireSpace(spec.directory(), ControlFile.SIZE_BYTES);
      try (FileChannel file = open(control(spec), CREATE, READ, WRITE)) {
        return file.map(FileChannel.MapMode.READ_WRITE, 0, ControlFile.SIZE_BYTES, arena);
      }
    } catch (IOException e) {
      throw failed("cannot map control file", control(spec), e);
    }
  }

  /** A fresh, empty file; what an earlier holder of the name left is cut off. */
  static FileChannel createData(Groups.Spec spec, int rank) throws IOException {
    return open(data(spec, rank), CREATE, TRUNCATE_EXISTING, READ, WRITE);
  }

  /** A peer's region, read-only. */
  static MemorySegment mapPeer(Groups.Spec spec, int rank, long sizeBytes, Arena arena) {
    try (FileChannel file = open(data(spec, rank), READ)) {
      return file.map(FileChannel.MapMode.READ_ONLY, 0, sizeBytes, arena);
    } catch (IOException e) {
      throw failed("cannot map the region of a peer: rank=" + rank, data(spec, rank), e);
    }
  }

  /** Of zeros; space is taken before anything is written there. */
  static MemorySegment mapRecorder(Groups.Spec spec, int rank, long sizeBytes, Arena arena) {
    try (FileChannel file = open(recorder(spec, rank), CREATE, READ, WRITE)) {
      requireSpace(spec.directory(), sizeBytes);
      var zeros = ByteBuffer.allocate((int) sizeBytes);
      while (zeros.hasRemaining()) {
        file.write(zeros, zeros.position());
      }
      return file.map(FileChannel.MapMode.READ_WRITE, 0, sizeBytes, arena);
    } catch (IOException e) {
      throw failed("cannot map flight recorder", recorder(spec, rank), e);
    }
  }

  /** Null where there is none, or not yet a whole one. */
  static MemorySegment mapRecorded(Path path, long sizeBytesMin, Arena arena) {
    try (FileChannel file = open(path, READ)) {
      long sizeBytes = file.size();
      return sizeBytes < sizeBytesMin
          ? null
          : file.map(FileChannel.MapMode.READ_ONLY, 0, sizeBytes, arena);
    } catch (NoSuchFileException none) {
      return null;
    } catch (IOException e) {
      throw failed("cannot map the flight recorder of a rank", path, e);
    }
  }

  private static FileChannel open(Path path, OpenOption... options) throws IOException {
    return FileChannel.open(path, Set.of(options), OWNER_ONLY);
  }

  static void requireSpace(Path directory, long neededBytes) {
    if (directory.toFile().getUsableSpace() < neededBytes) {
      throw full(directory, neededBytes);
    }
  }

  /**
   * A mapped page without space behind it would be a SIGBUS, so space is taken before memory is
   * handed out.
   */
  static IllegalStateException full(Path directory, long neededBytes) {
    return new IllegalStateException(
        "no space for shared memory: directory="
            + directory
            + " neededBytes="
            + neededBytes
            + " usableBytes="
            + directory.toFile().getUsableSpace()
            + "; enlarge that file system (containers: --shm-size) or use fewer or smaller ranks");
  }

  static UncheckedIOException failed(String what, Path path, IOException cause) {
    return new UncheckedIOException(what + ": path=" + path + " error=" + cause, cause);
  }

  static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw failed("cannot delete", path, e);
    }
  }
}
