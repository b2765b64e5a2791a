package dev.muster.collectives.bulk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Where the bytes of one transfer go. All calls come from the thread of the transfer: {@link
 * #block} and {@link #verified} in turn with ascending offsets, {@link #complete} after the last
 * one, {@link #close} always. A destination that is closed without having been completed holds
 * nothing that may be used. As long as a call takes, so long is the sender held back.
 */
public interface Destination extends AutoCloseable {
  /** Memory of exactly {@code bytes} bytes for those from {@code offset}; valid until verified. */
  MemorySegment block(long offset, int bytes) throws IOException;

  /** The block that was filled last is what was sent. */
  default void verified(long offset, MemorySegment block) throws IOException {}

  /** All is there and verified; the sender hears of it when this returns. */
  default void complete() throws IOException {}

  @Override
  default void close() {}

  /** Memory of exactly the size of the transfer. */
  static Destination into(MemorySegment memory) {
    return memory::asSlice;
  }

  /** Takes verified blocks, in order; the memory is used again for the next. */
  @FunctionalInterface
  interface Consumer {
    void take(long offset, MemorySegment block) throws IOException;
  }

  /** Hands every block over once it is verified. */
  static Destination blocks(Consumer consumer) {
    return new Destination() {
      private final Arena arena = Arena.ofShared();
      private MemorySegment scratch = MemorySegment.NULL;

      @Override
      public MemorySegment block(long offset, int bytes) {
        if (scratch.byteSize() < bytes) {
          scratch = arena.allocate(bytes, 64);
        }
        return scratch.asSlice(0, bytes);
      }

      @Override
      public void verified(long offset, MemorySegment block) throws IOException {
        consumer.take(offset, block);
      }

      @Override
      public void close() {
        arena.close();
      }
    };
  }
}
