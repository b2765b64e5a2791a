package dev.muster.collectives;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Folds the inputs of all ranks in rank order: ((rank 0 op rank 1) op rank 2) … Works in strips
 * that stay in the first cache, so that each input is read and the result is written once, whatever
 * the world size. One thread.
 */
final class Reduction {
  private static final long STRIP_BYTES = 16 << 10;

  private final MemorySegment strip;

  Reduction(Arena arena) {
    strip = arena.allocate(STRIP_BYTES, 64);
  }

  /**
   * @param offsets where each source starts
   * @param delta first byte to reduce, counted from those offsets
   * @param out may be one of the sources, at the same place
   */
  void reduce(
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
    } else if (dtype == DType.BFLOAT16) {
      BFloat16.reduce(op, sources, offsets, delta, bytes, out, outOffset);
    } else {
      Kernel kernel = Kernel.of(dtype, op);
      for (long at = 0; at < bytes; at += STRIP_BYTES) {
        long length = Math.min(STRIP_BYTES, bytes - at);
        fold(kernel, sources, offsets, delta + at, length, out, outOffset + at);
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
