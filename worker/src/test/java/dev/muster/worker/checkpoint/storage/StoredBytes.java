package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A stored file in an array. */
record StoredBytes(String name, byte[] bytes) implements StoredFile {
  @Override
  public long sizeBytes() {
    return bytes.length;
  }

  @Override
  public void read(long offset, MemorySegment target) throws IOException {
    if (offset + target.byteSize() > bytes.length) {
      throw new DamagedCheckpointException("file is truncated: file=" + name);
    }
    target.copyFrom(MemorySegment.ofArray(bytes).asSlice(offset, target.byteSize()));
  }

  @Override
  public void close() {}
}
