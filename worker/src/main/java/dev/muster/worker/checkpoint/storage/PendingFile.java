package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** A file being written front to back; nobody sees it before it is finished. One thread. */
public interface PendingFile extends WritableByteChannel {
  /**
   * Makes the file durable and gives it its name.
   *
   * @throws IOException indefinite: the file may have its name by now; all of its bytes are in it
   *     then
   */
  void finish() throws IOException;

  /** Removes what was written, unless it was finished. */
  @Override
  void close() throws IOException;
}
