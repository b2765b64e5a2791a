package dev.muster.cli.kills;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.muster.protocol.core.CounterRandom;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/**
 * What a tensor of {@code int64[n]} holds after each step: element {@code i} is {@code key(step) +
 * (i + 1) * GOLDEN}. Torn, mixed, displaced and stale contents all differ from it. Pure.
 *
 * @param tensor its number
 */
record KnownState(long seed, int tensor) {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final long CHUNK = 8 << 10; // elements; stays in the cache between two looks at it

  private long key(long step) {
    return CounterRandom.mix(seed, "known-state", tensor, step);
  }

  long at(long element, long step) {
    return key(step) + (element + 1) * GOLDEN;
  }

  /**
   * @param from global index of the first element of {@code memory}
   */
  void fill(MemorySegment memory, long from, long step) {
    long key = key(step);
    for (long i = 0; i < memory.byteSize() / Long.BYTES; i++) {
      memory.setAtIndex(JAVA_LONG, i, key + (from + i + 1) * GOLDEN);
    }
  }

  /** Index within {@code memory} of the first element that is not as after {@code step}. */
  OptionalLong mismatch(MemorySegment memory, long from, long step) {
    long elements = memory.byteSize() / Long.BYTES;
    long key = key(step);
    for (long at = 0; at < elements; at += CHUNK) {
      var chunk = memory.asSlice(at * Long.BYTES, Math.min(CHUNK, elements - at) * Long.BYTES);
      if (differs(chunk, key, from + at)) {
        return OptionalLong.of(at + first(chunk, key, from + at));
      }
    }
    return OptionalLong.empty();
  }

  private static boolean differs(MemorySegment chunk, long key, long from) {
    long differences = 0;
    for (long i = 0; i < chunk.byteSize() / Long.BYTES; i++) {
      differences |= chunk.getAtIndex(JAVA_LONG, i) ^ (key + (from + i + 1) * GOLDEN);
    }
    return differences != 0;
  }

  private static long first(MemorySegment chunk, long key, long from) {
    long i = 0;
    while (chunk.getAtIndex(JAVA_LONG, i) == key + (from + i + 1) * GOLDEN) {
      i++;
    }
    return i;
  }

  /** From one step to the next by what lies there: an error stays in the state. */
  void advance(MemorySegment memory, long fromStep, long toStep) {
    long difference = key(toStep) - key(fromStep);
    for (long i = 0; i < memory.byteSize() / Long.BYTES; i++) {
      memory.setAtIndex(JAVA_LONG, i, memory.getAtIndex(JAVA_LONG, i) + difference);
    }
  }
}
