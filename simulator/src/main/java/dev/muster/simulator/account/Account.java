package dev.muster.simulator.account;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * Where the allocated time went.
 *
 * @param gpuNs of each class, in GPU-nanoseconds; those without any are left out
 */
public record Account(long gpus, long elapsedNs, Map<TimeClass, BigInteger> gpuNs) {
  private static final BigDecimal NS_PER_HOUR = new BigDecimal("3.6e12");

  public Account {
    gpuNs = new TreeMap<>(gpuNs);
  }

  public BigInteger allocated() {
    return BigInteger.valueOf(gpus).multiply(BigInteger.valueOf(elapsedNs));
  }

  public BigInteger sum() {
    return gpuNs.values().stream().reduce(BigInteger.ZERO, BigInteger::add);
  }

  public BigInteger of(TimeClass some) {
    return gpuNs.getOrDefault(some, BigInteger.ZERO);
  }

  /** Of the allocated time, 0 to 1. */
  public double share(TimeClass some) {
    return allocated().signum() == 0
        ? 0
        : new BigDecimal(of(some))
            .divide(new BigDecimal(allocated()), MathContext.DECIMAL64)
            .doubleValue();
  }

  public double gpuHours(TimeClass some) {
    return gpuHours(of(some));
  }

  public double gpuHours(BigInteger ns) {
    return new BigDecimal(ns).divide(NS_PER_HOUR, MathContext.DECIMAL64).doubleValue();
  }

  /** First line of {@code accounting.csv}. */
  public static String csvHeader() {
    return "seed,class,slot_ns,slot_hours,share,meaning";
  }

  /** A line for every class, also those without any time, and one that sums them. */
  public String csv(String seed) {
    var lines = new StringJoiner("\n");
    for (var some : TimeClass.values()) {
      lines.add(line(seed, some.text(), of(some), share(some), some.meaning()));
    }
    return lines.add(line(seed, "allocated", sum(), 1, "all of the above")).toString();
  }

  private static String line(
      String seed, String name, BigInteger gpuNs, double share, String meaning) {
    var hours = new BigDecimal(gpuNs).divide(NS_PER_HOUR, MathContext.DECIMAL64);
    return "%s,%s,%s,%s,%.9f,\"%s\""
        .formatted(
            seed,
            name,
            gpuNs,
            hours.setScale(6, java.math.RoundingMode.HALF_EVEN).toPlainString(),
            share,
            meaning);
  }
}
