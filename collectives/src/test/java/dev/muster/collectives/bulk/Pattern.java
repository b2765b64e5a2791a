package dev.muster.collectives.bulk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Bytes that are a function of a seed and their offset, so that any part can be made or checked.
 */
record Pattern(long seed) {
  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;

  MemorySegment memory(Arena arena, long bytes) {
    var memory = arena.allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
    fill(memory, 0);
    return memory;
  }

  /** {@code offset} is a multiple of 8. */
  void fill(MemorySegment memory, long offset) {
    long at = 0;
    for (; at + 8 <= memory.byteSize(); at += 8) {
      memory.set(WORD, at, word(offset + at));
    }
    for (; at < memory.byteSize(); at++) {
      memory.set(ValueLayout.JAVA_BYTE, at, tail(offset + at));
    }
  }

  /** Where the first byte differs, or -1. */
  long mismatch(MemorySegment memory, long offset) {
    long at = 0;
    for (; at + 8 <= memory.byteSize(); at += 8) {
      if (memory.get(WORD, at) != word(offset + at)) {
        return offset + at;
      }
    }
    for (; at < memory.byteSize(); at++) {
      if (memory.get(ValueLayout.JAVA_BYTE, at) != tail(offset + at)) {
        return offset + at;
      }
    }
    return -1;
  }

  private byte tail(long offset) {
    return (byte) word(~offset);
  }

  /** SplitMix64 (Steele, Lea, Flood 2014). */
  private long word(long offset) {
    long z = seed + offset * 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** A source of any size that takes one block of memory. */
  Source source(long sizeBytes) {
    return new Source() {
      private final MemorySegment scratch = Arena.ofAuto().allocate(BulkLimits.BLOCK_BYTES_MAX);

      @Override
      public long sizeBytes() {
        return sizeBytes;
      }

      @Override
      public MemorySegment block(long offset, int bytes) {
        var block = scratch.asSlice(0, bytes);
        fill(block, offset);
        return block;
      }
    };
  }
}
