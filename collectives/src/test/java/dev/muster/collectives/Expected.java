package dev.muster.collectives;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.function.IntFunction;

/**
 * Inputs as a function of (seed, rank), and what a reduction of them in rank order must give, bit
 * by bit.
 */
public final class Expected {
  private static final double[] SCALES = {1e-3, 1e-2, 0.1, 1, 10, 100, 1000};

  private Expected() {}

  /** Values of very different size, so that another order would give other bits. */
  public static byte[] input(long seed, int rank, DType dtype, int elements) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + rank);
    byte[] bytes = new byte[elements * dtype.sizeBytes()];
    MemorySegment memory = MemorySegment.ofArray(bytes);
    for (int i = 0; i < elements; i++) {
      double value = (random.nextDouble() - 0.5) * SCALES[random.nextInt(SCALES.length)];
      switch (dtype) {
        case FLOAT32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * 4L, (float) value);
        case FLOAT64 -> memory.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, i * 8L, value);
        case BFLOAT16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L, round((float) value));
        case FLOAT16 ->
            memory.set(
                ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L, Float.floatToFloat16((float) value));
        case INT32 -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, i * 4L, random.nextInt());
        case INT64 -> memory.set(ValueLayout.JAVA_LONG_UNALIGNED, i * 8L, random.nextLong());
        case UINT8 -> bytes[i] = (byte) random.nextInt();
      }
    }
    return bytes;
  }

  public static byte[] reduced(
      IntFunction<byte[]> inputs, int worldSize, DType dtype, ReduceOp op) {
    byte[] first = inputs.apply(0);
    int elements = first.length / dtype.sizeBytes();
    byte[] out = new byte[first.length];
    double[] reals = new double[elements];
    long[] integers = new long[elements];
    for (int rank = 0; rank < worldSize; rank++) {
      MemorySegment next = MemorySegment.ofArray(inputs.apply(rank));
      for (int i = 0; i < elements; i++) {
        if (isReal(dtype)) {
          double value = real(next, i, dtype);
          reals[i] = rank == 0 ? value : accumulate(reals[i], value, dtype, op);
        } else {
          long value = integer(next, i, dtype);
          integers[i] = rank == 0 ? value : accumulate(integers[i], value, op);
        }
      }
    }
    MemorySegment result = MemorySegment.ofArray(out);
    for (int i = 0; i < elements; i++) {
      if (op == ReduceOp.MEAN) {
        reals[i] = dtype == DType.FLOAT64 ? reals[i] / worldSize : (float) (reals[i] / worldSize);
        integers[i] /= worldSize;
      }
      store(result, i, dtype, reals[i], integers[i]);
    }
    return out;
  }

  private static boolean isReal(DType dtype) {
    return switch (dtype) {
      case FLOAT32, FLOAT64, BFLOAT16, FLOAT16 -> true;
      case INT32, INT64, UINT8 -> false;
    };
  }

  private static double real(MemorySegment memory, int i, DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i * 4L);
      case FLOAT64 -> memory.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, i * 8L);
      case FLOAT16 -> Float.float16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L));
      default -> Float.intBitsToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L) << 16);
    };
  }

  private static long integer(MemorySegment memory, int i, DType dtype) {
    return switch (dtype) {
      case INT32 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, i * 4L);
      case INT64 -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, i * 8L);
      default -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, i));
    };
  }

  /**
   * What one operation on two floats gives in double, rounded to float, is what it gives in float:
   * 53 bits are enough.
   */
  private static double accumulate(double sum, double value, DType dtype, ReduceOp op) {
    return switch (op) {
      case SUM, MEAN -> dtype == DType.FLOAT64 ? sum + value : (float) (sum + value);
      case PRODUCT -> dtype == DType.FLOAT64 ? sum * value : (float) (sum * value);
      case MIN -> value < sum ? value : sum;
      case MAX -> value > sum ? value : sum;
    };
  }

  private static long accumulate(long sum, long value, ReduceOp op) {
    return switch (op) {
      case SUM, MEAN -> sum + value;
      case PRODUCT -> sum * value;
      case MIN -> value < sum ? value : sum;
      case MAX -> value > sum ? value : sum;
    };
  }

  private static void store(MemorySegment out, int i, DType dtype, double real, long integer) {
    switch (dtype) {
      case FLOAT32 -> out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * 4L, (float) real);
      case FLOAT64 -> out.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, i * 8L, real);
      case BFLOAT16 -> out.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L, round((float) real));
      case FLOAT16 ->
          out.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L, Float.floatToFloat16((float) real));
      case INT32 -> out.set(ValueLayout.JAVA_INT_UNALIGNED, i * 4L, (int) integer);
      case INT64 -> out.set(ValueLayout.JAVA_LONG_UNALIGNED, i * 8L, integer);
      case UINT8 -> out.set(ValueLayout.JAVA_BYTE, i, (byte) integer);
    }
  }

  /**
   * To the nearer of the two bfloat16 around it, to the even one in the middle: by distance, not by
   * bit tricks.
   */
  public static short round(float value) {
    int towardsZero = Float.floatToRawIntBits(value) >> 16;
    double below = Float.intBitsToFloat(towardsZero << 16);
    double above = Float.intBitsToFloat(towardsZero + 1 << 16);
    double toBelow = Math.abs(value - below);
    double toAbove = Math.abs(above - value);
    boolean up = toAbove < toBelow || toAbove == toBelow && (towardsZero & 1) == 1;
    return (short) (up ? towardsZero + 1 : towardsZero);
  }
}
