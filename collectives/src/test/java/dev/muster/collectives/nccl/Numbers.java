package dev.muster.collectives.nccl;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.ReduceOp;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Small whole numbers in buffers of any type. */
final class Numbers {
  private Numbers() {}

  static void write(Buffer buffer, IntUnaryOperator of) {
    for (int i = 0; i < buffer.elements(); i++) {
      write(buffer, i, of.applyAsInt(i));
    }
  }

  private static void write(Buffer b, int i, int value) {
    switch (b.dtype()) {
      case FLOAT32 -> b.memory().setAtIndex(JAVA_FLOAT, i, value);
      case FLOAT64 -> b.memory().setAtIndex(JAVA_DOUBLE, i, value);
      case INT32 -> b.memory().setAtIndex(JAVA_INT, i, value);
      case INT64 -> b.memory().setAtIndex(JAVA_LONG, i, value);
      case UINT8 -> b.memory().set(JAVA_BYTE, i, (byte) value);
      case FLOAT16 -> b.memory().setAtIndex(JAVA_SHORT, i, Float.floatToFloat16(value));
      case BFLOAT16 ->
          b.memory().setAtIndex(JAVA_SHORT, i, (short) (Float.floatToIntBits(value) >>> 16));
    }
  }

  private static double read(Buffer b, int i) {
    return switch (b.dtype()) {
      case FLOAT32 -> b.memory().getAtIndex(JAVA_FLOAT, i);
      case FLOAT64 -> b.memory().getAtIndex(JAVA_DOUBLE, i);
      case INT32 -> b.memory().getAtIndex(JAVA_INT, i);
      case INT64 -> b.memory().getAtIndex(JAVA_LONG, i);
      case UINT8 -> b.memory().get(JAVA_BYTE, i);
      case FLOAT16 -> Float.float16ToFloat(b.memory().getAtIndex(JAVA_SHORT, i));
      case BFLOAT16 -> Float.intBitsToFloat(b.memory().getAtIndex(JAVA_SHORT, i) << 16);
    };
  }

  static void check(Buffer buffer, IntUnaryOperator expected) {
    for (int i = 0; i < buffer.elements(); i++) {
      assertThat(read(buffer, i))
          .as("%s [%d]", buffer.dtype(), i)
          .isEqualTo(expected.applyAsInt(i));
    }
  }

  /** With means that are whole: of three numbers in a row. */
  static int reduced(ReduceOp op, int worldSize, IntUnaryOperator ofRank) {
    var all = IntStream.range(0, worldSize).map(ofRank);
    return switch (op) {
      case SUM -> all.sum();
      case MEAN -> all.sum() / worldSize;
      case PRODUCT -> all.reduce(1, (a, b) -> a * b);
      case MIN -> all.min().orElseThrow();
      case MAX -> all.max().orElseThrow();
    };
  }
}
