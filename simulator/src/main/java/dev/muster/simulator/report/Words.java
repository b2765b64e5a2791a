package dev.muster.simulator.report;

import java.util.Locale;

/** Figures as a reader wants them: three digits, a unit, no zeros for their own sake. */
final class Words {
  private static final long MS = 1_000_000L;
  private static final long SECOND = 1000 * MS;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;

  private Words() {}

  /** {@code 412 ms}, {@code 3.25 s}, {@code 4.2 min}, {@code 7.5 h}, {@code 54 d}. */
  static String duration(double ns) {
    if (!Double.isFinite(ns)) {
      return "–";
    }
    if (ns == 0) {
      return "0";
    }
    if (ns < SECOND - MS / 2) { // what would read 1,000 ms is a second
      return digits(ns / 1e6) + " ms";
    }
    if (ns < 2 * MINUTE) {
      return digits(ns / SECOND) + " s";
    }
    if (ns < 2 * HOUR) {
      return digits(ns / MINUTE) + " min";
    }
    return ns < 2 * DAY ? digits(ns / HOUR) + " h" : digits(ns / DAY) + " d";
  }

  static String milliseconds(double ms) {
    return duration(ms * 1e6);
  }

  /** Three digits that matter. */
  static String digits(double value) {
    int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
    String text = String.format(Locale.ROOT, "%,." + decimals + "f", value);
    return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
  }

  /** The next of 1, 2, 5, 10 and so on that is not smaller: a step between ticks. */
  static double roundUp(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    double digit = value / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
  }

  /** {@code 96.71 %}; tiny shares are not called nothing. */
  static String percent(double share) {
    return share > 0 && share < 0.00005
        ? "< 0.01 %"
        : String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  /** GPU-hours; few are not called none. */
  static String hours(double hours) {
    return hours > 0 && hours < 0.005 ? "< 0.01 h" : digits(hours) + " h";
  }

  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  static String plural(long count, String noun) {
    return count(count)
        + " "
        + (count == 1
            ? noun
            : noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s");
  }
}
