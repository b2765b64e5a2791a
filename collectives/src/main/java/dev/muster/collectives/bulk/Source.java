package dev.muster.collectives.bulk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * Where the bytes of one transfer come from. All calls come from the thread of the transfer, {@link
 * #block} with ascending offsets and no faster than the receiver takes them; {@link #close} always.
 */
public interface Source extends AutoCloseable {
  long sizeBytes();

  /** The {@code bytes} bytes from {@code offset}; may not change until the next call. */
  MemorySegment block(long offset, int bytes) throws IOException;

  @Override
  default void close() {}

  static Source of(MemorySegment memory) {
    return new Source() {
      @Override
      public long sizeBytes() {
        return memory.byteSize();
      }

      @Override
      public MemorySegment block(long offset, int bytes) {
        return memory.asSlice(offset, bytes);
      }
    };
  }
}
