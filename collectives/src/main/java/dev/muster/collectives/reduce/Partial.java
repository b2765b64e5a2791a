package dev.muster.collectives.reduce;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A reduction that goes on elsewhere: {@code (((a op b) op c) op d)} may be folded up to b in one
 * place and from c on in another, and has the bits of {@link Reduction} over all of them. What
 * travels between is of {@link #wide} type: half floats as float32, means of integers as int64, and
 * nothing divided yet. One thread.
 */
public final class Partial {
  private static final long STRIP_ELEMENTS = 2 << 10;

  private final DType dtype;
  private final DType wide;
  private final ReduceOp op;
  private final ReduceOp fold;
  private final Reduction reduction;
  private final MemorySegment[] strips;
  private final MemorySegment[] pieces;
  private final long[] offsets;

  /**
   * @param sources how many inputs are folded at once
   */
  public Partial(DType dtype, ReduceOp op, int sources, Reduction reduction, Arena arena) {
    this.dtype = dtype;
    this.op = op;
    this.fold = op == ReduceOp.MEAN ? ReduceOp.SUM : op;
    this.wide = wide(dtype, op);
    this.reduction = reduction;
    this.pieces = new MemorySegment[sources + 1];
    this.offsets = new long[sources + 1];
    this.strips = new MemorySegment[wide == dtype ? 0 : sources];
    for (int i = 0; i < strips.length; i++) {
      strips[i] = arena.allocate(STRIP_ELEMENTS * wide.sizeBytes(), 64);
    }
  }

  /** Of what travels. */
  public static DType wide(DType dtype, ReduceOp op) {
    return switch (dtype) {
      case BFLOAT16, FLOAT16 -> DType.FLOAT32;
      case INT32, INT64, UINT8 -> op == ReduceOp.MEAN ? DType.INT64 : dtype;
      case FLOAT32, FLOAT64 -> dtype;
    };
  }

  /**
   * Folds inputs, in their order, after what was folded before.
   *
   * @param before of wide type, null for nothing; may be {@code out}
   * @param inputs of the narrow type, one after the other, {@code elements} each
   */
  public void fold(
      MemorySegment before, MemorySegment inputs, int sources, long elements, MemorySegment out) {
    for (long at = 0; at < elements; at += STRIP_ELEMENTS) {
      long count = Math.min(STRIP_ELEMENTS, elements - at);
      int filled = 0;
      if (before != null) {
        pieces[filled] = before;
        offsets[filled++] = at * wide.sizeBytes();
      }
      for (int source = 0; source < sources; source++) {
        long from = (source * elements + at) * dtype.sizeBytes();
        pieces[filled] = wide == dtype ? inputs : widened(inputs, from, count, strips[source]);
        offsets[filled++] = wide == dtype ? from : 0;
      }
      reduce(filled, count, out, at * wide.sizeBytes());
    }
  }

  private void reduce(int filled, long count, MemorySegment out, long outOffset) {
    var from = Arrays.copyOf(pieces, filled);
    var at = Arrays.copyOf(offsets, filled);
    reduction.reduce(wide, fold, from, at, 0, count * wide.sizeBytes(), out, outOffset);
  }

  private MemorySegment widened(MemorySegment from, long offset, long count, MemorySegment to) {
    for (long i = 0; i < count; i++) {
      switch (dtype) {
        case BFLOAT16 ->
            to.set(
                JAVA_FLOAT_UNALIGNED,
                i * 4,
                BFloat16.widen(from.get(JAVA_SHORT_UNALIGNED, offset + i * 2)));
        case FLOAT16 ->
            to.set(
                JAVA_FLOAT_UNALIGNED,
                i * 4,
                Float.float16ToFloat(from.get(JAVA_SHORT_UNALIGNED, offset + i * 2)));
        case INT32 ->
            to.set(JAVA_LONG_UNALIGNED, i * 8, from.get(JAVA_INT_UNALIGNED, offset + i * 4));
        case UINT8 -> to.set(JAVA_LONG_UNALIGNED, i * 8, from.get(JAVA_BYTE, offset + i) & 0xff);
        default -> throw new IllegalStateException("wide enough: " + dtype);
      }
    }
    return to;
  }

  /**
   * Divides and rounds, once.
   *
   * @param worldSize how many inputs were folded in all
   */
  public void finish(MemorySegment from, long elements, int worldSize, MemorySegment to) {
    boolean mean = op == ReduceOp.MEAN;
    if (wide == dtype && !mean) {
      MemorySegment.copy(from, 0, to, 0, elements * dtype.sizeBytes());
      return;
    }
    for (long i = 0; i < elements; i++) {
      switch (wide) {
        case FLOAT32 -> {
          float value = from.get(JAVA_FLOAT_UNALIGNED, i * 4);
          store(to, i, mean ? value / worldSize : value);
        }
        case FLOAT64 ->
            to.set(
                JAVA_DOUBLE_UNALIGNED, i * 8, from.get(JAVA_DOUBLE_UNALIGNED, i * 8) / worldSize);
        default -> store(to, i, from.get(JAVA_LONG_UNALIGNED, i * 8) / worldSize);
      }
    }
  }

  private void store(MemorySegment to, long i, float value) {
    switch (dtype) {
      case BFLOAT16 -> to.set(JAVA_SHORT_UNALIGNED, i * 2, BFloat16.narrow(value));
      case FLOAT16 -> to.set(JAVA_SHORT_UNALIGNED, i * 2, Float.floatToFloat16(value));
      default -> to.set(JAVA_FLOAT_UNALIGNED, i * 4, value);
    }
  }

  private void store(MemorySegment to, long i, long value) {
    switch (dtype) {
      case INT32 -> to.set(JAVA_INT_UNALIGNED, i * 4, (int) value);
      case UINT8 -> to.set(JAVA_BYTE, i, (byte) value);
      default -> to.set(JAVA_LONG_UNALIGNED, i * 8, value);
    }
  }
}
