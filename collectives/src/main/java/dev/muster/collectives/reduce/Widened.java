package dev.muster.collectives.reduce;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import java.lang.foreign.MemorySegment;

/**
 * Reductions whose middle results do not fit the type: half floats accumulate in float32 and are
 * rounded once, means of integers are divided once. All ranks of one element, then the next
 * element.
 */
final class Widened {
  private interface Floats {
    float get(MemorySegment memory, long offset);
  }

  private interface Halves {
    short round(float value);
  }

  private interface Integers {
    long get(MemorySegment memory, long offset);
  }

  private interface Store {
    void set(MemorySegment memory, long offset, long value);
  }

  private final MemorySegment[] sources;
  private final long[] offsets;
  private final long bytes;
  private final MemorySegment out;
  private final long outOffset;

  /**
   * @param offsets of the first byte to reduce, by source
   */
  Widened(MemorySegment[] sources, long[] offsets, long bytes, MemorySegment out, long outOffset) {
    this.sources = sources;
    this.offsets = offsets;
    this.bytes = bytes;
    this.out = out;
    this.outOffset = outOffset;
  }

  static boolean needed(DType dtype, ReduceOp op) {
    return switch (dtype) {
      case BFLOAT16, FLOAT16 -> true;
      case INT32, INT64, UINT8 -> op == ReduceOp.MEAN;
      case FLOAT32, FLOAT64 -> false;
    };
  }

  void reduce(DType dtype, ReduceOp op) {
    switch (dtype) {
      case BFLOAT16 -> bfloat16(vectorised(op), op);
      case FLOAT16 ->
          halves(
              0,
              op,
              (m, at) -> Float.float16ToFloat(m.get(JAVA_SHORT_UNALIGNED, at)),
              Float::floatToFloat16);
      case INT32 ->
          mean(
              4,
              (m, at) -> m.get(JAVA_INT_UNALIGNED, at),
              (m, at, value) -> m.set(JAVA_INT_UNALIGNED, at, (int) value));
      case INT64 ->
          mean(
              8,
              (m, at) -> m.get(JAVA_LONG_UNALIGNED, at),
              (m, at, value) -> m.set(JAVA_LONG_UNALIGNED, at, value));
      case UINT8 ->
          mean(
              1,
              (m, at) -> m.get(JAVA_BYTE, at) & 0xff,
              (m, at, value) -> m.set(JAVA_BYTE, at, (byte) value));
      case FLOAT32, FLOAT64 -> throw new IllegalArgumentException("wide enough: " + dtype);
    }
  }

  /**
   * @param done bytes, already
   */
  void bfloat16(long done, ReduceOp op) {
    halves(done, op, (m, at) -> BFloat16.widen(m.get(JAVA_SHORT_UNALIGNED, at)), BFloat16::narrow);
  }

  /** Bytes done that way. */
  private long vectorised(ReduceOp op) {
    return switch (op) {
      case SUM, MEAN -> Kernel.VectorModule.PRESENT ? vectorSum(op) : 0;
      case PRODUCT, MIN, MAX -> 0;
    };
  }

  private long vectorSum(ReduceOp op) {
    int divisor = op == ReduceOp.MEAN ? sources.length : 1;
    return VectorHalves.sum(sources, offsets, bytes, out, outOffset, divisor);
  }

  /**
   * @param done bytes, already
   */
  private void halves(long done, ReduceOp reduceOp, Floats widen, Halves narrow) {
    var op = ScalarKernels.floats(reduceOp);
    boolean mean = reduceOp == ReduceOp.MEAN;
    for (long i = done; i < bytes; i += 2) {
      float value = widen.get(sources[0], offsets[0] + i);
      for (int rank = 1; rank < sources.length; rank++) {
        value = op.apply(value, widen.get(sources[rank], offsets[rank] + i));
      }
      out.set(
          JAVA_SHORT_UNALIGNED, outOffset + i, narrow.round(mean ? value / sources.length : value));
    }
  }

  /** The sum of int64 wraps. */
  private void mean(int width, Integers integers, Store store) {
    for (long i = 0; i < bytes; i += width) {
      long sum = 0;
      for (int rank = 0; rank < sources.length; rank++) {
        sum += integers.get(sources[rank], offsets[rank] + i);
      }
      store.set(out, outOffset + i, sum / sources.length);
    }
  }
}
