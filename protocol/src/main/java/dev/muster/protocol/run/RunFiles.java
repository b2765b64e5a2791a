package dev.muster.protocol.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * Reads and replaces the JSON files of a run folder. A reader sees the former or the new content,
 * never a part: the new content is written beside the file and renamed over it. One writer per
 * file; any number of readers.
 */
public final class RunFiles {
  private RunFiles() {}

  /**
   * Replaces {@code file} atomically, mode 0600.
   *
   * @throws IOException definite: the former content is still there (disk full, folder gone)
   */
  public static void write(Path file, Object value) throws IOException {
    var beside = file.resolveSibling("." + file.getFileName() + ".new");
    Files.deleteIfExists(beside);
    Files.createFile(
        beside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.write(beside, RunJson.bytes(value));
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  /**
   * The content of {@code file}, or empty when there is none yet. Unknown fields are ignored.
   *
   * @throws IOException the file cannot be read or is not JSON of this type
   */
  public static <T> Optional<T> read(Path file, Class<T> type) throws IOException {
    try {
      return Optional.of(RunJson.value(Files.readAllBytes(file), type));
    } catch (NoSuchFileException missing) {
      return Optional.empty();
    }
  }
}
