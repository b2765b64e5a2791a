package dev.muster.trainer.mlp;

/** The two inner loops of a dense layer. */
final class Rows {
  private Rows() {}

  /**
   * {@code to[i] += factor × from[i]}; every element on its own, so a compiler may run lanes of it
   * at once.
   */
  static void add(float[] to, int toOffset, float[] from, int fromOffset, int count, float factor) {
    for (int i = 0; i < count; i++) {
      to[toOffset + i] += factor * from[fromOffset + i];
    }
  }

  /** Scalar product in four fixed lanes, which hide the latency of an addition. */
  static float dot(float[] a, int offset, float[] b, int count) {
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    int i = 0;
    for (; i + 3 < count; i += 4) {
      s0 += a[offset + i] * b[i];
      s1 += a[offset + i + 1] * b[i + 1];
      s2 += a[offset + i + 2] * b[i + 2];
      s3 += a[offset + i + 3] * b[i + 3];
    }
    for (; i < count; i++) {
      s0 += a[offset + i] * b[i];
    }
    return s0 + s1 + (s2 + s3);
  }
}
