package dev.muster.cli.bench;

/** Stands for the computation of a step: arithmetic on one core that stays in its cache. */
final class Computation {
  private static final int FLOATS = 16 << 10;
  private static final int CALIBRATIONS = 200;
  private static final int LONG_CALIBRATIONS = 5;

  private final float[] values = new float[FLOATS];
  private final long passes;

  private Computation(long passes) {
    this.passes = passes;
  }

  /**
   * One that takes about so long when nothing else runs: the fastest of a few tells, and once more
   * of some as long as that.
   */
  static Computation of(double ns) {
    var guess = new Computation(500).scaled(ns, CALIBRATIONS); // the first are not compiled yet
    return guess.scaled(ns, LONG_CALIBRATIONS);
  }

  private Computation scaled(double ns, int times) {
    double fastestNs = Double.MAX_VALUE;
    for (int i = 0; i < times; i++) {
      long start = System.nanoTime();
      run();
      fastestNs = Math.min(fastestNs, System.nanoTime() - start);
    }
    return new Computation(Math.max(1, Math.round(passes * ns / fastestNs)));
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
