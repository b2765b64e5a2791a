package dev.muster.simulator.report;

/** Spreads intervals of time over the columns of a picture. */
final class Bins {
  private final long horizonNs;
  private final double[] filled; // ns

  Bins(long horizonNs, int count) {
    this.horizonNs = horizonNs;
    this.filled = new double[count];
  }

  void add(long fromNs, long toNs) {
    add(fromNs, toNs, 1);
  }

  void add(long fromNs, long toNs, double weight) {
    int last = (int) Math.min(filled.length - 1, bin(toNs));
    for (int i = (int) bin(fromNs); i <= last; i++) {
      double from = Math.max(fromNs, start(i));
      double to = Math.min(toNs, start(i + 1));
      filled[i] += Math.max(0, to - from) * weight;
    }
  }

  private long bin(long ns) {
    return (long) ((double) ns / horizonNs * filled.length);
  }

  private double start(int bin) {
    return (double) horizonNs * bin / filled.length;
  }

  int count() {
    return filled.length;
  }

  /** How much of a column is filled: 1 for all of it, once. */
  double share(int bin) {
    return filled[bin] / ((double) horizonNs / filled.length);
  }
}
