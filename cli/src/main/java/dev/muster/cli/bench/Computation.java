package dev.muster.cli.bench;

/** Stands for the computation of a step: arithmetic on one core that stays in its cache. */
final class Computation {
  private static final int FLOATS = 16 << 10;
  private static final int CALIBRATIONS = 200;

  private final float[] values = new float[FLOATS];
  private final long passes;

  private Computation(long passes) {
    this.passes = passes;
  }

  /** One that takes about so long when nothing else runs; the fastest of many short ones tells. */
  static Computation of(double ns) {
    var one = new Computation(500);
    double fastestNs = Double.MAX_VALUE;
    for (int i = 0; i < CALIBRATIONS; i++) { // the first ones are not compiled yet
      long start = System.nanoTime();
      one.run();
      fastestNs = Math.min(fastestNs, System.nanoTime() - start);
    }
    return new Computation(Math.max(1, Math.round(one.passes * ns / fastestNs)));
  }

  void run() {
    for (long pass = 0; pass < passes; pass++) {
      for (int i = 0; i < FLOATS; i++) {
        values[i] = values[i] * 0.999f + 1;
      }
    }
    if (Float.isNaN(values[(int) (passes % FLOATS)])) {
      throw new IllegalStateException("never; keeps the loop from being left out");
    }
  }
}
