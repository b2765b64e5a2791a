package dev.muster.collectives.hosts;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that grows to the largest use, 64-byte aligned; its contents are lost then. One thread.
 */
final class Scratch {
  private final Arena arena;
  private MemorySegment memory = MemorySegment.NULL;

  Scratch(Arena arena) {
    this.arena = arena;
  }

  MemorySegment of(long bytes) {
    if (bytes > memory.byteSize()) {
      memory = arena.allocate(Math.max(4_096, Long.highestOneBit(2 * bytes - 1)), 64);
    }
    return memory.asSlice(0, bytes);
  }

  static Buffer bytes(MemorySegment memory) {
    return new Buffer(memory, DType.UINT8);
  }
}
