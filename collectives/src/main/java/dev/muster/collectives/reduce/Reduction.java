package dev.muster.collectives.reduce;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Folds the inputs of all ranks in rank order: ((rank 0 op rank 1) op rank 2) … Works in strips
 * that stay in the first cache, so that each input is read and the result is written once, whatever
 * the world size. One thread.
 */
public final class Reduction {
  private static final long STRIP_BYTES = 16 << 10;

  private final MemorySegment strip;

  public Reduction(Arena arena) {
    strip = arena.allocate(STRIP_BYTES, 64);
  }

  /**
   * @param offsets where each source starts
   * @param delta first byte to reduce, counted from those offsets
   * @param out may be one of the sources, at the same place
   */
  public void reduce(
      DType dtype,
      ReduceOp op,
      MemorySegment[] sources,
      long[] offsets,
      long delta,
      long bytes,
      MemorySegment out,
      long outOffset) {
    if (sources.length == 1) {
      MemorySegment.copy(sources[0], offsets[0] + delta, out, outOffset, bytes);
    } else if (Widened.needed(dtype, op)) {
      new Widened(sources, from(offsets, delta), bytes, out, outOffset).reduce(dtype, op);
    } else {
      Kernel kernel = Kernel.of(dtype, op);
      for (long at = 0; at < bytes; at += STRIP_BYTES) {
        long length = Math.min(STRIP_BYTES, bytes - at);
        fold(kernel, sources, offsets, delta + at, length, out, outOffset + at);
        if (op == ReduceOp.MEAN) {
          divide(dtype, out, outOffset + at, length, sources.length);
        }
      }
    }
  }

  private static long[] from(long[] offsets, long delta) {
    return Arrays.stream(offsets).map(offset -> offset + delta).toArray();
  }

  /** While the strip is still in the cache. */
  private static void divide(
      DType dtype, MemorySegment memory, long offset, long bytes, int divisor) {
    if (dtype == DType.FLOAT32) {
      for (long i = offset; i < offset + bytes; i += 4) {
        memory.set(JAVA_FLOAT_UNALIGNED, i, memory.get(JAVA_FLOAT_UNALIGNED, i) / divisor);
      }
    } else {
      for (long i = offset; i < offset + bytes; i += 8) {
        memory.set(JAVA_DOUBLE_UNALIGNED, i, memory.get(JAVA_DOUBLE_UNALIGNED, i) / divisor);
      }
    }
  }

  /** The result is written by the last step only: until then the output may still be an input. */
  private void fold(
      Kernel kernel,
      MemorySegment[] sources,
      long[] offsets,
      long at,
      long length,
      MemorySegment out,
      long outOffset) {
    int last = sources.length - 1;
    MemorySegment left = sources[0];
    long leftOffset = offsets[0] + at;
    for (int rank = 1; rank < last; rank++) {
      kernel.apply(strip, 0, left, leftOffset, sources[rank], offsets[rank] + at, length);
      left = strip;
      leftOffset = 0;
    }
    kernel.apply(out, outOffset, left, leftOffset, sources[last], offsets[last] + at, length);
  }
}
