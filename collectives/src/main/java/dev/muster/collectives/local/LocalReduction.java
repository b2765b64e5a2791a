package dev.muster.collectives.local;

import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.reduce.BFloat16;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The reference reduction: element by element, rank by rank, nothing clever. */
final class LocalReduction {
  private final ByteBuffer[] inputs;
  private final ReduceOp op;

  private LocalReduction(byte[][] inputs, ReduceOp op) {
    this.inputs = new ByteBuffer[inputs.length];
    for (int rank = 0; rank < inputs.length; rank++) {
      this.inputs[rank] = buffer(inputs[rank]);
    }
    this.op = op;
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  static byte[] reduce(byte[][] inputs, DType dtype, ReduceOp op) {
    var reduction = new LocalReduction(inputs, op);
    ByteBuffer out = buffer(new byte[inputs[0].length]);
    for (int at = 0; at < out.capacity(); at += dtype.sizeBytes()) {
      reduction.reduce(dtype, at, out);
    }
    return out.array();
  }

  private void reduce(DType dtype, int at, ByteBuffer out) {
    if (inputs.length == 1) {
      out.put(at, inputs[0], at, dtype.sizeBytes());
      return;
    }
    switch (dtype) {
      case FLOAT32 -> out.putFloat(at, floats((in, i) -> in.getFloat(i), at));
      case FLOAT64 -> out.putDouble(at, doubles(at));
      case BFLOAT16 ->
          out.putShort(at, BFloat16.narrow(floats((in, i) -> BFloat16.widen(in.getShort(i)), at)));
      case FLOAT16 ->
          out.putShort(
              at,
              Float.floatToFloat16(floats((in, i) -> Float.float16ToFloat(in.getShort(i)), at)));
      case INT32 -> out.putInt(at, (int) integers((in, i) -> in.getInt(i), at));
      case INT64 -> out.putLong(at, integers((in, i) -> in.getLong(i), at));
      case UINT8 -> out.put(at, (byte) integers((in, i) -> in.get(i) & 0xff, at));
    }
  }

  private interface Floats {
    float get(ByteBuffer input, int at);
  }

  private interface Integers {
    long get(ByteBuffer input, int at);
  }

  private float floats(Floats values, int at) {
    float result = values.get(inputs[0], at);
    for (int rank = 1; rank < inputs.length; rank++) {
      float next = values.get(inputs[rank], at);
      result =
          switch (op) {
            case SUM, MEAN -> result + next;
            case PRODUCT -> result * next;
            case MIN -> Math.min(result, next);
            case MAX -> Math.max(result, next);
          };
    }
    return op == ReduceOp.MEAN ? result / inputs.length : result;
  }

  private double doubles(int at) {
    double result = inputs[0].getDouble(at);
    for (int rank = 1; rank < inputs.length; rank++) {
      double next = inputs[rank].getDouble(at);
      result =
          switch (op) {
            case SUM, MEAN -> result + next;
            case PRODUCT -> result * next;
            case MIN -> Math.min(result, next);
            case MAX -> Math.max(result, next);
          };
    }
    return op == ReduceOp.MEAN ? result / inputs.length : result;
  }

  /** Narrower sums and products are those in long, cut off. */
  private long integers(Integers values, int at) {
    long result = values.get(inputs[0], at);
    for (int rank = 1; rank < inputs.length; rank++) {
      long next = values.get(inputs[rank], at);
      result =
          switch (op) {
            case SUM, MEAN -> result + next;
            case PRODUCT -> result * next;
            case MIN -> Math.min(result, next);
            case MAX -> Math.max(result, next);
          };
    }
    return op == ReduceOp.MEAN ? result / inputs.length : result;
  }
}
