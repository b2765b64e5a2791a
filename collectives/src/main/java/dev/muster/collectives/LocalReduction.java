package dev.muster.collectives;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The reference reduction: element by element, rank by rank, nothing clever. */
final class LocalReduction {
  private LocalReduction() {}

  static byte[] reduce(byte[][] inputs, DType dtype, ReduceOp op) {
    ByteBuffer out = buffer(new byte[inputs[0].length]);
    for (int at = 0; at < out.capacity(); at += dtype.sizeBytes()) {
      switch (dtype) {
        case FLOAT32 -> out.putFloat(at, float32(inputs, at, op));
        case FLOAT64 -> out.putDouble(at, float64(inputs, at, op));
        case BFLOAT16 -> out.putShort(at, bfloat16(inputs, at, op));
        case INT32 -> out.putInt(at, int32(inputs, at, op));
        case INT64 -> out.putLong(at, int64(inputs, at, op));
        case UINT8 -> out.put(at, uint8(inputs, at, op));
      }
    }
    return out.array();
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  private static float float32(byte[][] inputs, int at, ReduceOp op) {
    float result = buffer(inputs[0]).getFloat(at);
    for (int rank = 1; rank < inputs.length; rank++) {
      result = combine(result, buffer(inputs[rank]).getFloat(at), op);
    }
    return result;
  }

  private static float combine(float a, float b, ReduceOp op) {
    return switch (op) {
      case SUM -> a + b;
      case MIN -> Math.min(a, b);
      case MAX -> Math.max(a, b);
    };
  }

  private static double float64(byte[][] inputs, int at, ReduceOp op) {
    double result = buffer(inputs[0]).getDouble(at);
    for (int rank = 1; rank < inputs.length; rank++) {
      double next = buffer(inputs[rank]).getDouble(at);
      result =
          switch (op) {
            case SUM -> result + next;
            case MIN -> Math.min(result, next);
            case MAX -> Math.max(result, next);
          };
    }
    return result;
  }

  private static short bfloat16(byte[][] inputs, int at, ReduceOp op) {
    float result = BFloat16.widen(buffer(inputs[0]).getShort(at));
    for (int rank = 1; rank < inputs.length; rank++) {
      result = combine(result, BFloat16.widen(buffer(inputs[rank]).getShort(at)), op);
    }
    return inputs.length == 1 ? buffer(inputs[0]).getShort(at) : BFloat16.narrow(result);
  }

  private static int int32(byte[][] inputs, int at, ReduceOp op) {
    int result = buffer(inputs[0]).getInt(at);
    for (int rank = 1; rank < inputs.length; rank++) {
      int next = buffer(inputs[rank]).getInt(at);
      result =
          switch (op) {
            case SUM -> result + next;
            case MIN -> Math.min(result, next);
            case MAX -> Math.max(result, next);
          };
    }
    return result;
  }

  private static long int64(byte[][] inputs, int at, ReduceOp op) {
    long result = buffer(inputs[0]).getLong(at);
    for (int rank = 1; rank < inputs.length; rank++) {
      long next = buffer(inputs[rank]).getLong(at);
      result =
          switch (op) {
            case SUM -> result + next;
            case MIN -> Math.min(result, next);
            case MAX -> Math.max(result, next);
          };
    }
    return result;
  }

  private static byte uint8(byte[][] inputs, int at, ReduceOp op) {
    int result = inputs[0][at] & 0xff;
    for (int rank = 1; rank < inputs.length; rank++) {
      int next = inputs[rank][at] & 0xff;
      result =
          switch (op) {
            case SUM -> result + next;
            case MIN -> Math.min(result, next);
            case MAX -> Math.max(result, next);
          };
    }
    return (byte) result;
  }
}
