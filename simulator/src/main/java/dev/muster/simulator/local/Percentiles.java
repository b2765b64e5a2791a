package dev.muster.simulator.local;

import java.util.List;

/** Nearest rank: the smallest value that at least this share does not exceed. */
record Percentiles(List<Double> sorted) {
  static Percentiles of(List<Double> values) {
    return new Percentiles(values.stream().filter(Double::isFinite).sorted().toList());
  }

  /** NaN when there are none. */
  double at(int percent) {
    if (sorted.isEmpty()) {
      return Double.NaN;
    }
    int index = (int) Math.ceil(percent / 100.0 * sorted.size()) - 1;
    return sorted.get(Math.max(0, index));
  }
}
