package dev.muster.worker.checkpoint.storage;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A finished file, open for reading at any place. Any thread; reads may overlap. */
public interface StoredFile extends Closeable {
  /** For messages. */
  String name();

  long sizeBytes() throws IOException;

  /**
   * What one more {@link #read} costs, in bytes that are read as fast: less may as well be read.
   */
  default long seekBytes() {
    return 64 << 10;
  }

  /**
   * Fills {@code target}, of any size, with the bytes from {@code offset} on.
   *
   * @throws DamagedCheckpointException the file ends before that
   */
  void read(long offset, MemorySegment target) throws IOException;
}
