package dev.muster.cli.bench;

import java.util.List;
import java.util.Locale;

/**
 * Steps per second of one model with equal shares and with leased ranges, in pairs of runs that
 * followed each other. Pure.
 */
public record DataModes(List<Pair> pairs) {
  /** One run of each mode. */
  public record Pair(double stepsPerSecond, double leasedPerSecond) {
    public double ratio() {
      return leasedPerSecond / stepsPerSecond;
    }
  }

  public DataModes {
    pairs = List.copyOf(pairs);
  }

  /** Of the pairs' ratios; the machine may have other work in one pair, hardly in half of one. */
  public double medianRatio() {
    return median(pairs.stream().map(Pair::ratio).toList());
  }

  /** What a step lasts longer, in ms: the medians' difference. */
  public double addedMs() {
    double step = median(pairs.stream().map(Pair::stepsPerSecond).toList());
    double leased = median(pairs.stream().map(Pair::leasedPerSecond).toList());
    return 1000 / leased - 1000 / step;
  }

  /** The middle one, of an even number the mean of both. */
  static double median(List<Double> values) {
    var sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** A line for each pair, then the medians. */
  public List<String> lines() {
    var rows =
        pairs.stream()
            .map(pair -> row("", pair.stepsPerSecond, pair.leasedPerSecond, pair.ratio()));
    var medians =
        row(
            "median",
            median(pairs.stream().map(Pair::stepsPerSecond).toList()),
            median(pairs.stream().map(Pair::leasedPerSecond).toList()),
            medianRatio());
    return java.util.stream.Stream.concat(rows, java.util.stream.Stream.of(medians)).toList();
  }

  private static String row(String name, double step, double leased, double ratio) {
    return String.format(
        Locale.ROOT,
        "%-8s step %7.1f steps/s   leased %7.1f steps/s   ratio %.3f",
        name,
        step,
        leased,
        ratio);
  }
}
