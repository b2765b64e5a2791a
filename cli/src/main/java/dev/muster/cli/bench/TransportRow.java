package dev.muster.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What moving the same bytes again and again over one kind took; a line of {@code muster bench
 * transport}. One thread.
 */
public final class TransportRow {
  private final String label;
  private final int mebibytes;
  private final List<Sample> samples = new ArrayList<>();

  /**
   * One transfer, with what the same round showed otherwise.
   *
   * @param copySeconds one plain copy of the same bytes in memory
   * @param tcpSeconds the transfer over TCP
   * @param cpuSeconds of both processes, user and kernel
   */
  public record Sample(double seconds, double copySeconds, double tcpSeconds, double cpuSeconds) {}

  public TransportRow(String label, int mebibytes) {
    this.label = label;
    this.mebibytes = mebibytes;
  }

  public void add(Sample sample) {
    samples.add(sample);
  }

  public static String header() {
    return "  MiB  transport          GB/s median     best   of a copy   of tcp   CPU s/GB";
  }

  @Override
  public String toString() {
    double gigabytes = mebibytes * (double) (1 << 20) / 1e9;
    return String.format(
        Locale.ROOT,
        "%5d  %-17s %12.2f %8.2f %11.2f %8.2f %10.2f",
        mebibytes,
        label,
        gigabytes / median(samples.stream().map(Sample::seconds).toList()),
        gigabytes / samples.stream().mapToDouble(Sample::seconds).min().orElse(Double.NaN),
        median(samples.stream().map(s -> s.copySeconds() / s.seconds()).toList()),
        median(samples.stream().map(s -> s.tcpSeconds() / s.seconds()).toList()),
        samples.stream().mapToDouble(Sample::cpuSeconds).sum() / gigabytes / samples.size());
  }

  /** The lower one of two. */
  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get((values.size() - 1) / 2);
  }
}
