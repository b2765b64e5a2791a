package dev.muster.collectives;

import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * The upper half of a float32. Reductions accumulate in float32 and round once, at the end, to
 * nearest, ties to even.
 */
final class BFloat16 {
  private BFloat16() {}

  static float widen(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  static short narrow(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short)
          (bits >>> 16 | 0x40); // rounding could carry a NaN into infinity; quiet it instead
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  /** {@code bytes} of all sources from {@code delta} on, folded in rank order. */
  static void reduce(
      ReduceOp reduceOp,
      MemorySegment[] sources,
      long[] offsets,
      long delta,
      long bytes,
      MemorySegment out,
      long outOffset) {
    ScalarKernels.FloatBinaryOperator op = ScalarKernels.floats(reduceOp);
    for (long i = 0; i < bytes; i += 2) {
      float sum = widen(sources[0].get(JAVA_SHORT_UNALIGNED, offsets[0] + delta + i));
      for (int rank = 1; rank < sources.length; rank++) {
        sum =
            op.apply(
                sum, widen(sources[rank].get(JAVA_SHORT_UNALIGNED, offsets[rank] + delta + i)));
      }
      out.set(JAVA_SHORT_UNALIGNED, outOffset + i, narrow(sum));
    }
  }
}
