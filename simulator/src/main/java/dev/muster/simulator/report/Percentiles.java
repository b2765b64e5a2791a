package dev.muster.simulator.report;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/** Percentiles by nearest rank: the smallest value that at least this share does not exceed. */
public final class Percentiles {
  private final double[] sorted;

  /** Unknown values (NaN) are left out. */
  public Percentiles(DoubleStream values) {
    sorted = values.filter(Double::isFinite).sorted().toArray();
  }

  public int count() {
    return sorted.length;
  }

  /** NaN when there is no value. */
  public double at(double percent) {
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted[Math.max(0, (int) Math.ceil(percent / 100 * sorted.length) - 1)];
  }

  public double mean() {
    return Arrays.stream(sorted).average().orElse(Double.NaN);
  }
}
