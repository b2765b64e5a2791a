package dev.muster.worker.runtime;

import dev.muster.worker.NamedTensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/** A state as one run of bytes, its tensors end to end in their order. */
final class StateBytes {
  private final List<NamedTensor> tensors;
  private int tensor;
  private long offset;

  StateBytes(List<NamedTensor> tensors) {
    this.tensors = tensors;
  }

  long size() {
    return tensors.stream().mapToLong(t -> t.memory().byteSize()).sum();
  }

  /** The next bytes of the state into {@code chunk}. */
  void readInto(MemorySegment chunk) {
    walk(chunk, false);
  }

  /** {@code chunk} over the next bytes of the state. */
  void writeFrom(MemorySegment chunk) {
    walk(chunk, true);
  }

  private void walk(MemorySegment chunk, boolean write) {
    long done = 0;
    while (done < chunk.byteSize()) {
      MemorySegment memory = tensors.get(tensor).memory();
      long bytes = Math.min(chunk.byteSize() - done, memory.byteSize() - offset);
      if (write) {
        MemorySegment.copy(chunk, done, memory, offset, bytes);
      } else {
        MemorySegment.copy(memory, offset, chunk, done, bytes);
      }
      done += bytes;
      advance(bytes, memory.byteSize());
    }
  }

  private void advance(long bytes, long size) {
    offset += bytes;
    if (offset == size) {
      tensor++;
      offset = 0;
    }
  }

  /**
   * Checksum of names, types and shapes: states of different layouts must never be copied into each
   * other.
   */
  long layout() {
    var crc = new CRC32C();
    tensors.forEach(t -> crc.update(describe(t).getBytes(StandardCharsets.UTF_8)));
    return crc.getValue();
  }

  static String describe(NamedTensor t) {
    return t.name()
        + ' '
        + t.dtype()
        + ' '
        + Arrays.toString(t.globalShape())
        + ' '
        + Arrays.deepToString(t.box())
        + '\n';
  }
}
