package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Euclidean norm of all gradients, summed in a fixed order into eight float64 lanes: the same bits
 * on every rank.
 */
final class GradientNorm {
  private static final int LANES = 8;

  private GradientNorm() {}

  /**
   * @param gradients {@code float32} segments
   * @param strip scratch, length a multiple of 8
   */
  static double of(List<MemorySegment> gradients, float[] strip) {
    double[] lanes = new double[LANES];
    for (MemorySegment gradient : gradients) {
      long count = gradient.byteSize() / Float.BYTES;
      for (long from = 0; from < count; from += strip.length) {
        int length = (int) Math.min(strip.length, count - from);
        MemorySegment.copy(gradient, JAVA_FLOAT, from * Float.BYTES, strip, 0, length);
        addSquares(strip, length, lanes);
      }
    }
    double sum = 0;
    for (double lane : lanes) {
      sum += lane;
    }
    return Math.sqrt(sum);
  }

  /**
   * Eight independent sums keep the adders busy; one sum would wait for itself at every element.
   */
  private static void addSquares(float[] x, int length, double[] lanes) {
    double a = lanes[0],
        b = lanes[1],
        c = lanes[2],
        d = lanes[3],
        e = lanes[4],
        f = lanes[5],
        g = lanes[6],
        h = lanes[7];
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      a += (double) x[i] * x[i];
      b += (double) x[i + 1] * x[i + 1];
      c += (double) x[i + 2] * x[i + 2];
      d += (double) x[i + 3] * x[i + 3];
      e += (double) x[i + 4] * x[i + 4];
      f += (double) x[i + 5] * x[i + 5];
      g += (double) x[i + 6] * x[i + 6];
      h += (double) x[i + 7] * x[i + 7];
    }
    for (; i < length; i++) {
      a += (double) x[i] * x[i];
    }
    lanes[0] = a;
    lanes[1] = b;
    lanes[2] = c;
    lanes[3] = d;
    lanes[4] = e;
    lanes[5] = f;
    lanes[6] = g;
    lanes[7] = h;
  }
}
