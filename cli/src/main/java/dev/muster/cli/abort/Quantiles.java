package dev.muster.cli.abort;

import java.util.Arrays;
import java.util.Locale;

/** Durations as p50, p99 and max, in ms. */
final class Quantiles {
  private long[] ns = new long[64];
  private int count;

  void add(long value) {
    if (count == ns.length) {
      ns = Arrays.copyOf(ns, 2 * count);
    }
    ns[count++] = value;
  }

  int count() {
    return count;
  }

  long max() {
    return quantile(1);
  }

  long quantile(double q) {
    long[] sorted = Arrays.copyOf(ns, count);
    Arrays.sort(sorted);
    return count == 0 ? 0 : sorted[(int) Math.ceil(q * count) - 1];
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "p50 %.3f ms, p99 %.3f ms, max %.3f ms (%d)",
        quantile(0.5) / 1e6,
        quantile(0.99) / 1e6,
        max() / 1e6,
        count);
  }
}
