package dev.muster.collectives;

import java.lang.foreign.MemorySegment;

/**
 * Memory with its element type. Memory from {@link Communicator#allocate} is reduced without a
 * copy; any other native memory is copied by the kernel from process to process, or through the
 * shared region where that is not permitted.
 *
 * @param memory native memory, size a multiple of the element size
 */
public record Buffer(MemorySegment memory, DType dtype) {
  public Buffer {
    if (!memory.isNative()) {
      throw new IllegalArgumentException(
          "buffer is not native memory: dtype=" + dtype + "; allocate it in an Arena");
    }
    if (memory.byteSize() % dtype.sizeBytes() != 0) {
      throw new IllegalArgumentException(
          "buffer size is no multiple of its element: sizeBytes="
              + memory.byteSize()
              + " dtype="
              + dtype);
    }
  }

  public static Buffer float32(MemorySegment memory) {
    return new Buffer(memory, DType.FLOAT32);
  }

  public long elements() {
    return memory.byteSize() / dtype.sizeBytes();
  }

  /** Elements {@code from} (inclusive) to {@code to} (exclusive) of the same memory. */
  public Buffer slice(long from, long to) {
    return new Buffer(
        memory.asSlice(from * dtype.sizeBytes(), (to - from) * dtype.sizeBytes()), dtype);
  }
}
