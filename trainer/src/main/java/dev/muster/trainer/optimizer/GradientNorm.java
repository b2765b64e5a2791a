package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Euclidean norm of all gradients: the squares of each row (see {@link Shard}) are summed in a
 * fixed order into eight float64 lanes, then the sums of the rows in theirs. So the bits do not
 * depend on which rank sums which rows. One thread.
 */
final class GradientNorm {
  private static final int LANES = 8;
  private static final int STRIP = 4096;

  private final float[] strip = new float[STRIP];
  private final double[] lanes = new double[LANES];
  private final Layout layout;
  private final long[] firstRows; // of each slot, counted over all slots

  GradientNorm(Layout layout) {
    this.layout = layout;
    this.firstRows = new long[layout.slots().size()];
    for (int s = 1; s < firstRows.length; s++) {
      firstRows[s] = firstRows[s - 1] + layout.slots().get(s - 1).shape()[0];
    }
  }

  /** Bytes of {@code float64[rows of all slots]}. */
  static long sizeBytes(Layout layout) {
    return layout.slots().stream().mapToLong(slot -> slot.shape()[0] * Double.BYTES).sum();
  }

  /**
   * Sums the squares of these shards' rows.
   *
   * @param gradients {@code float32}, one segment per slot
   * @param squares {@code float64[rows of all slots]}; other rows are left as they are
   */
  void squares(List<Shard> shards, List<MemorySegment> gradients, MemorySegment squares) {
    for (Shard shard : shards) {
      int width = shard.count() / (int) (shard.toRow() - shard.fromRow());
      int together = Math.max(1, STRIP / width);
      MemorySegment gradient = gradients.get(shard.index());
      for (long row = shard.fromRow(); row < shard.toRow(); row += together) {
        int rows = (int) Math.min(together, shard.toRow() - row);
        rows(gradient, row, rows, width, squares, firstRows[shard.index()] + row);
      }
    }
  }

  /** Several rows that fit the strip, or a single one. */
  private void rows(
      MemorySegment gradient, long row, int rows, int width, MemorySegment squares, long at) {
    if (width > STRIP) {
      squares.setAtIndex(JAVA_DOUBLE, at, wide(gradient, row * width, width));
      return;
    }
    MemorySegment.copy(gradient, JAVA_FLOAT, row * width * Float.BYTES, strip, 0, rows * width);
    for (int r = 0; r < rows; r++) {
      clear();
      addSquares(r * width, width);
      squares.setAtIndex(JAVA_DOUBLE, at + r, sum());
    }
  }

  private double wide(MemorySegment gradient, long from, int width) {
    clear();
    for (int done = 0; done < width; done += STRIP) {
      int length = Math.min(STRIP, width - done);
      MemorySegment.copy(gradient, JAVA_FLOAT, (from + done) * Float.BYTES, strip, 0, length);
      addSquares(0, length);
    }
    return sum();
  }

  /** Norm of all gradients, once all rows are there. */
  double of(MemorySegment squares) {
    double sum = 0;
    for (long row = 0; row < squares.byteSize() / Double.BYTES; row++) {
      sum += squares.getAtIndex(JAVA_DOUBLE, row);
    }
    return Math.sqrt(sum);
  }

  private void clear() {
    Arrays.fill(lanes, 0);
  }

  private double sum() {
    double sum = 0;
    for (double lane : lanes) {
      sum += lane;
    }
    return sum;
  }

  /**
   * Eight independent sums keep the adders busy; one sum would wait for itself at every element.
   */
  private void addSquares(int from, int length) {
    float[] x = strip;
    double a = lanes[0],
        b = lanes[1],
        c = lanes[2],
        d = lanes[3],
        e = lanes[4],
        f = lanes[5],
        g = lanes[6],
        h = lanes[7];
    int i = from;
    int end = from + length;
    for (; i + LANES <= end; i += LANES) {
      a += (double) x[i] * x[i];
      b += (double) x[i + 1] * x[i + 1];
      c += (double) x[i + 2] * x[i + 2];
      d += (double) x[i + 3] * x[i + 3];
      e += (double) x[i + 4] * x[i + 4];
      f += (double) x[i + 5] * x[i + 5];
      g += (double) x[i + 6] * x[i + 6];
      h += (double) x[i + 7] * x[i + 7];
    }
    for (; i < end; i++) {
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
