package dev.muster.collectives.bulk;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of one media driver, with mode 0700. Its lock is let go by the kernel when the process
 * dies, however it dies; the next start in the same directory then deletes the folder.
 */
final class MediaFolder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MediaFolder.class);
  private static final String PREFIX = "muster-aeron-";
  private static final String LOCK = "lock";
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /**
   * Of this process: even to look at the lock of one would let it go, as POSIX has it (fcntl: any
   * close of a file ends all locks that its process holds on it).
   */
  private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final FileChannel lock;

  private MediaFolder(Path folder, FileChannel lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * A fresh folder where there is room.
   *
   * @throws IOException there is none; the message says how much is missing where
   */
  static MediaFolder create(AeronSettings settings, long neededBytes) throws IOException {
    var directory = settings.directory();
    if (usableBytes(directory) < neededBytes) {
      directory = settings.fallback().orElseThrow(() -> full(settings.directory(), neededBytes));
      if (usableBytes(directory) < neededBytes) {
        throw full(directory, neededBytes);
      }
      LOG.warn(
          "no room for Aeron in memory, taking files instead, which is slower: {}",
          full(settings.directory(), neededBytes).getMessage());
    }
    sweep(directory);
    var folder = Files.createTempDirectory(directory, PREFIX, OWNER_ONLY);
    return new MediaFolder(folder, locked(folder));
  }

  private static FileChannel locked(Path folder) throws IOException {
    OURS.add(folder);
    var lock = FileChannel.open(folder.resolve(LOCK), CREATE, WRITE);
    lock.lock();
    return lock;
  }

  private static long usableBytes(Path directory) throws IOException {
    Files.createDirectories(directory);
    return Files.getFileStore(directory).getUsableSpace();
  }

  private static IOException full(Path directory, long neededBytes) {
    return new IOException(
        "no room for the media driver: directory=%s neededBytes=%d usableBytes=%d; enlarge that file system (containers: --shm-size), use smaller terms, or TCP"
            .formatted(directory, neededBytes, directory.toFile().getUsableSpace()));
  }

  /** Deletes what killed processes left. */
  private static void sweep(Path directory) throws IOException {
    try (var found = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (var folder : found) {
        if (!OURS.contains(folder) && abandoned(folder)) {
          LOG.info("deleting the media folder of a process that died: folder={}", folder);
          delete(folder);
        }
      }
    }
  }

  private static boolean abandoned(Path folder) {
    try (var lock = FileChannel.open(folder.resolve(LOCK), WRITE);
        var mine = lock.tryLock()) {
      return mine != null;
    } catch (IOException e) {
      return false; // of another user, or just being made
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all;
    try (var walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (var path : all) {
      Files.deleteIfExists(path);
    }
  }

  /** For the driver; not made yet. */
  Path driver() {
    return folder.resolve("driver");
  }

  @Override
  public void close() {
    try (lock) {
      delete(folder);
    } catch (IOException e) {
      LOG.warn("cannot delete a media folder: folder={}; the next start will", folder, e);
    } finally {
      OURS.remove(folder);
    }
  }
}
