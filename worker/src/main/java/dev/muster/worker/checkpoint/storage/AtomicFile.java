package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A pending file on a disk: bytes go to a temporary name beside it, then in this order the bytes
 * are made durable, the file gets its name, the name is made durable. After a crash between any two
 * of these there is the former file or the whole new one.
 */
final class AtomicFile implements PendingFile {
  private final Disk disk;
  private final Path file;
  private final Path temporary;
  private final Disk.NewFile out;
  private long writtenBytes;
  private boolean renamed;

  /**
   * @param temporary in the same directory; must not exist
   */
  AtomicFile(Disk disk, Path file, Path temporary) throws IOException {
    this.disk = disk;
    this.file = file;
    this.temporary = temporary;
    this.out = disk.create(temporary);
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    try {
      int n = out.write(bytes);
      writtenBytes += n;
      return n;
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  @Override
  public void finish() throws IOException {
    try {
      out.force();
      out.close();
      disk.rename(temporary, file);
      renamed = true;
      disk.forceDirectory(file.getParent());
    } catch (IOException e) {
      throw failed("finish", e);
    }
  }

  private IOException failed(String what, IOException reason) {
    return new IOException(
        "cannot "
            + what
            + " checkpoint file: file="
            + file
            + " writtenBytes="
            + writtenBytes
            + " reason="
            + reason.getMessage()
            + (renamed
                ? "; it has its name, which a power failure may still undo"
                : "; what was written is removed, earlier checkpoints stay; free space or keep"
                    + " fewer checkpoints"),
        reason);
  }

  @Override
  public boolean isOpen() {
    return out.isOpen();
  }

  @Override
  public void close() throws IOException {
    try {
      out.close();
    } finally {
      if (!renamed) {
        disk.delete(temporary);
      }
    }
  }
}
