package dev.muster.worker.checkpoint.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many bytes a directory really takes. A memory file system promises more than there is: its
 * pages are memory, so what the host has available and what the control group still allows count,
 * too. Beyond the first is an error; beyond the last, the kernel kills the process.
 */
final class SnapshotSpace {
  private SnapshotSpace() {}

  static long usableBytes(Path directory) {
    return usableBytes(directory, HostMemory.HERE);
  }

  static long usableBytes(Path directory, HostMemory memory) {
    try {
      var store = Files.getFileStore(directory);
      long usable = store.getUsableSpace();
      return store.type().equals("tmpfs") ? Math.min(usable, memory.availableBytes()) : usable;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot measure the space of directory=" + directory, e);
    }
  }

  static void require(Path file, long neededBytes) {
    if (usableBytes(file.toAbsolutePath().getParent()) < neededBytes) {
      throw full(file, neededBytes);
    }
  }

  static IllegalStateException full(Path file, long neededBytes) {
    return new IllegalStateException(
        "no space for a snapshot: file="
            + file
            + " neededBytes="
            + neededBytes
            + " usableBytes="
            + usableBytes(file.toAbsolutePath().getParent())
            + "; enlarge that file system (containers: --shm-size and the memory limit) or use"
            + " fewer ranks per host");
  }
}
