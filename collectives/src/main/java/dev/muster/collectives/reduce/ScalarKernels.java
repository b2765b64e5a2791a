package dev.muster.collectives.reduce;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;

/**
 * One element at a time, any alignment. Integer sums wrap; UINT8 compares unsigned; NaN wins every
 * minimum and maximum.
 */
final class ScalarKernels {
  private ScalarKernels() {}

  @FunctionalInterface
  interface FloatBinaryOperator {
    float apply(float a, float b);
  }

  static Kernel of(DType dtype, ReduceOp op) {
    return switch (dtype) {
      case FLOAT32 -> float32(floats(op));
      case FLOAT64 -> float64(doubles(op));
      case INT32 -> int32(ints(op));
      case INT64 -> int64(longs(op));
      case UINT8 -> uint8(ints(op));
      case BFLOAT16, FLOAT16 ->
          throw new IllegalArgumentException("accumulates in float32, see Widened: " + dtype);
    };
  }

  static FloatBinaryOperator floats(ReduceOp op) {
    return switch (op) {
      case SUM, MEAN -> Float::sum; // a mean is divided at the end
      case PRODUCT -> (a, b) -> a * b;
      case MIN -> Math::min;
      case MAX -> Math::max;
    };
  }

  private static DoubleBinaryOperator doubles(ReduceOp op) {
    return switch (op) {
      case SUM, MEAN -> Double::sum; // a mean is divided at the end
      case PRODUCT -> (a, b) -> a * b;
      case MIN -> Math::min;
      case MAX -> Math::max;
    };
  }

  private static IntBinaryOperator ints(ReduceOp op) {
    return switch (op) {
      case SUM, MEAN -> Integer::sum; // a mean is divided at the end
      case PRODUCT -> (a, b) -> a * b;
      case MIN -> Math::min;
      case MAX -> Math::max;
    };
  }

  private static LongBinaryOperator longs(ReduceOp op) {
    return switch (op) {
      case SUM, MEAN -> Long::sum; // a mean is divided at the end
      case PRODUCT -> (a, b) -> a * b;
      case MIN -> Math::min;
      case MAX -> Math::max;
    };
  }

  private static Kernel float32(FloatBinaryOperator op) {
    return (out, outOffset, a, aOffset, b, bOffset, bytes) -> {
      for (long i = 0; i < bytes; i += 4) {
        float left = a.get(JAVA_FLOAT_UNALIGNED, aOffset + i);
        float right = b.get(JAVA_FLOAT_UNALIGNED, bOffset + i);
        out.set(JAVA_FLOAT_UNALIGNED, outOffset + i, op.apply(left, right));
      }
    };
  }

  private static Kernel float64(DoubleBinaryOperator op) {
    return (out, outOffset, a, aOffset, b, bOffset, bytes) -> {
      for (long i = 0; i < bytes; i += 8) {
        double left = a.get(JAVA_DOUBLE_UNALIGNED, aOffset + i);
        double right = b.get(JAVA_DOUBLE_UNALIGNED, bOffset + i);
        out.set(JAVA_DOUBLE_UNALIGNED, outOffset + i, op.applyAsDouble(left, right));
      }
    };
  }

  private static Kernel int32(IntBinaryOperator op) {
    return (out, outOffset, a, aOffset, b, bOffset, bytes) -> {
      for (long i = 0; i < bytes; i += 4) {
        int left = a.get(JAVA_INT_UNALIGNED, aOffset + i);
        int right = b.get(JAVA_INT_UNALIGNED, bOffset + i);
        out.set(JAVA_INT_UNALIGNED, outOffset + i, op.applyAsInt(left, right));
      }
    };
  }

  private static Kernel int64(LongBinaryOperator op) {
    return (out, outOffset, a, aOffset, b, bOffset, bytes) -> {
      for (long i = 0; i < bytes; i += 8) {
        long left = a.get(JAVA_LONG_UNALIGNED, aOffset + i);
        long right = b.get(JAVA_LONG_UNALIGNED, bOffset + i);
        out.set(JAVA_LONG_UNALIGNED, outOffset + i, op.applyAsLong(left, right));
      }
    };
  }

  private static Kernel uint8(IntBinaryOperator op) {
    return (out, outOffset, a, aOffset, b, bOffset, bytes) -> {
      for (long i = 0; i < bytes; i++) {
        int left = a.get(JAVA_BYTE, aOffset + i) & 0xff;
        int right = b.get(JAVA_BYTE, bOffset + i) & 0xff;
        out.set(JAVA_BYTE, outOffset + i, (byte) op.applyAsInt(left, right));
      }
    };
  }
}
