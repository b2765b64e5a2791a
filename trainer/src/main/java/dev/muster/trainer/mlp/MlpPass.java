package dev.muster.trainer.mlp;

import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.text.Windows;

/**
 * Forward and backward for one predicted byte. Loops run in a fixed order (rows added to rows, or
 * eight fixed lanes), so that no compiler may change a bit of the result.
 */
final class MlpPass {
  private final MlpConfig config;
  private final float[] w;
  private final float[] g;
  private final int embedding;
  private final int hidden;
  private final int hiddenBias;
  private final int output;
  private final int outputBias;
  private final int[] bytes;
  private final float[] x;
  private final float[] h;
  private final float[] p;
  private final float[] dx;
  private final float[] dh;
  private int target;

  /**
   * @param w parameters, flat
   * @param g gradients, flat; {@link #backward} adds to them
   */
  MlpPass(MlpConfig config, Layout layout, float[] w, float[] g) {
    this.config = config;
    this.w = w;
    this.g = g;
    embedding = layout.slots().get(0).offset();
    hidden = layout.slots().get(1).offset();
    hiddenBias = layout.slots().get(2).offset();
    output = layout.slots().get(3).offset();
    outputBias = layout.slots().get(4).offset();
    bytes = new int[config.order()];
    x = new float[config.inputs()];
    h = new float[config.hidden()];
    p = new float[MlpConfig.BYTES];
    dx = new float[config.inputs()];
    dh = new float[config.hidden()];
  }

  /** Nats for the byte after {@code position}. Bytes before the window count as 0. */
  double forward(Windows windows, long sample, int position) {
    look(windows, sample, position);
    System.arraycopy(w, hiddenBias, h, 0, h.length);
    for (int i = 0; i < x.length; i++) {
      Rows.add(h, 0, w, hidden + i * h.length, h.length, x[i]);
    }
    for (int j = 0; j < h.length; j++) {
      h[j] = (float) StrictMath.tanh(h[j]);
    }
    System.arraycopy(w, outputBias, p, 0, p.length);
    for (int j = 0; j < h.length; j++) {
      Rows.add(p, 0, w, output + j * p.length, p.length, h[j]);
    }
    return softmax();
  }

  private void look(Windows windows, long sample, int position) {
    int width = config.embedding();
    for (int k = 0; k < bytes.length; k++) {
      int at = position - k;
      bytes[k] = at < 0 ? 0 : windows.at(sample, at);
      System.arraycopy(w, embedding + bytes[k] * width, x, k * width, width);
    }
    target = windows.at(sample, position + 1);
  }

  /** Turns scores into probabilities. */
  private double softmax() {
    float max = p[0];
    for (float score : p) {
      max = Math.max(max, score);
    }
    double targetScore = p[target] - max;
    double sum = 0;
    for (int c = 0; c < p.length; c++) {
      p[c] = (float) StrictMath.exp(p[c] - max);
      sum += p[c];
    }
    float inverse = (float) (1 / sum);
    for (int c = 0; c < p.length; c++) {
      p[c] *= inverse;
    }
    return StrictMath.log(sum) - targetScore;
  }

  /** Adds the gradient of {@code scale} × the nats of the last {@link #forward}. */
  void backward(float scale) {
    p[target] -= 1;
    Rows.add(g, outputBias, p, 0, p.length, scale);
    for (int j = 0; j < h.length; j++) {
      int row = output + j * p.length;
      Rows.add(g, row, p, 0, p.length, scale * h[j]);
      dh[j] = scale * Rows.dot(w, row, p, p.length) * (1 - h[j] * h[j]);
    }
    Rows.add(g, hiddenBias, dh, 0, dh.length, 1);
    for (int i = 0; i < x.length; i++) {
      int row = hidden + i * h.length;
      Rows.add(g, row, dh, 0, dh.length, x[i]);
      dx[i] = Rows.dot(w, row, dh, dh.length);
    }
    for (int k = 0; k < bytes.length; k++) {
      Rows.add(
          g,
          embedding + bytes[k] * config.embedding(),
          dx,
          k * config.embedding(),
          config.embedding(),
          1);
    }
  }
}
