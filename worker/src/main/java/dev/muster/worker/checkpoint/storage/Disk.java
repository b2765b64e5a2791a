package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@link PosixStorage} asks of a file system, operation by operation, so that a test can stop
 * at each of them. Durable means: still there after the power failed.
 */
interface Disk {
  /**
   * @param modifiedMs since 1970
   */
  record Entry(String name, boolean directory, long sizeBytes, long modifiedMs) {}

  /** A new file, open for writing; closing does not make it durable. */
  interface NewFile extends WritableByteChannel {
    /** Makes the bytes durable, not yet the name. */
    void force() throws IOException;
  }

  /**
   * @throws java.nio.file.FileAlreadyExistsException there is a file of this name
   */
  NewFile create(Path file) throws IOException;

  /**
   * @throws java.nio.file.NoSuchFileException there is none
   */
  StoredFile open(Path file) throws IOException;

  /** Atomic; replaces the target. */
  void rename(Path from, Path to) throws IOException;

  /** A file or an empty directory; nothing when there is none. */
  void delete(Path path) throws IOException;

  /** With its parents; nothing when it is there. */
  void createDirectory(Path directory) throws IOException;

  /** Makes the names in a directory durable. */
  void forceDirectory(Path directory) throws IOException;

  /** Sorted by name; empty when there is no such directory. */
  List<Entry> list(Path directory) throws IOException;
}
