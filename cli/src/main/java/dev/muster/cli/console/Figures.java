package dev.muster.cli.console;

import java.util.Locale;

/** Numbers as people read them; an unknown one (NaN) is {@code -}. */
final class Figures {
  private Figures() {}

  /** Three digits and a letter: 987, 12.3k, 4.56M. */
  static String rate(double value) {
    if (!Double.isFinite(value)) {
      return "-";
    }
    if (value < 1e3) {
      return digits(value);
    }
    return value < 1e6
        ? digits(value / 1e3) + "k"
        : value < 1e9 ? digits(value / 1e6) + "M" : digits(value / 1e9) + "G";
  }

  private static String digits(double value) {
    return value < 10
        ? format("%.2f", value)
        : value < 100 ? format("%.1f", value) : format("%.0f", value);
  }

  static String loss(double value) {
    return Double.isFinite(value) ? format("%.4f", value) : "-";
  }

  static String ms(double value) {
    return Double.isFinite(value) ? format(value < 10 ? "%.1f" : "%.0f", value) : "-";
  }

  /** 45 s, 3:07, 2:03:00. */
  static String duration(double seconds) {
    if (!Double.isFinite(seconds) || seconds < 0) {
      return "-";
    }
    long s = Math.round(seconds);
    if (s < 60) {
      return s + " s";
    }
    return s < 3600
        ? format("%d:%02d", s / 60, s % 60)
        : format("%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }

  static String bytes(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    for (; value >= 1024 && unit < 3; unit++) {
      value /= 1024;
    }
    return (value < 10 ? format("%.1f", value) : format("%.0f", value))
        + " "
        + new String[] {"KiB", "MiB", "GiB", "TiB"}[unit];
  }

  static String count(long n, String one, String many) {
    return n + " " + (n == 1 ? one : many);
  }

  /** Locale-free: golden texts and scripts depend on it. */
  static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
