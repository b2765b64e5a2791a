package dev.muster.cli.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How long things took, by name, in rounds: the n-th time of each was measured in the n-th round.
 */
final class Timing {
  /** What is timed. */
  interface Work {
    void run() throws IOException;
  }

  private final Map<String, List<Double>> timesNs = new LinkedHashMap<>();

  static double ns(Work work) throws IOException {
    long start = System.nanoTime();
    work.run();
    return System.nanoTime() - start;
  }

  void add(String name, double ns) {
    timesNs.computeIfAbsent(name, n -> new ArrayList<>()).add(ns);
  }

  void clear() {
    timesNs.clear();
  }

  /** In the order of their first times. */
  List<String> names() {
    return List.copyOf(timesNs.keySet());
  }

  double medianNs(String name) {
    return median(timesNs.get(name).stream().mapToDouble(d -> d).toArray());
  }

  double fastestNs(String name) {
    return timesNs.get(name).stream().mapToDouble(d -> d).min().orElseThrow();
  }

  /**
   * Median of the rounds' ratios, so that other load on the machine meets both alike; of as many
   * rounds as both have.
   */
  double ratio(String name, String ofName) {
    var above = timesNs.get(name);
    var below = timesNs.get(ofName);
    double[] ratios = new double[Math.min(above.size(), below.size())];
    Arrays.setAll(ratios, i -> above.get(i) / below.get(i));
    return median(ratios);
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
