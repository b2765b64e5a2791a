package dev.muster.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was measured for a state of one size, and how that compares with the aims. Pure. */
final class CheckpointTable {
  static final String COPY = "one copy in memory, one thread";
  static final String COPY_BY_TWO = "one copy in memory, two threads";
  static final String SAVE = "save, blocking";
  static final String STEP = "a step without a save";
  static final String STEP_SAVING = "a step with an overlapped save";
  static final String OVERLAPPED = "  of which it was blocked";
  static final String PLAIN_WRITE = "plain write and fsync";
  static final String DISK = "disk: sequential write, fsync";
  static final String PERSIST = "persist and commit";
  static final String FROM_MEMORY = "restore from own memory";
  static final String FROM_STORAGE = "restore from storage, not cached";
  static final String FROM_CACHE = "restore from storage, cached";
  static final String PEER = "from a peer, loopback, ";

  private static final double SAVE_MAX = 1.3;
  private static final double FACTOR_MIN = 70;
  private static final double BLOCKED_MAX = 0.01;

  private CheckpointTable() {}

  static List<String> lines(long bytes, Timing timing) {
    var lines = new ArrayList<String>();
    lines.add(row((bytes >> 20) + " MiB", "median ms", "fastest", "GB/s", "x copy", "fastest"));
    for (String name : timing.names()) {
      lines.add(
          row(
              "  " + name,
              format("%.2f", timing.medianNs(name) / 1e6),
              format("%.2f", timing.fastestNs(name) / 1e6),
              format("%.2f", bytes / timing.medianNs(name)),
              format("%.2f", timing.ratio(name, COPY)),
              format("%.2f", timing.fastestNs(name) / timing.fastestNs(COPY))));
    }
    lines.addAll(aims(timing));
    return lines;
  }

  private static String row(String name, Object... cells) {
    return format("%-36s", name) + format("%11s %9s %7s %8s %8s", cells);
  }

  static List<String> aims(Timing timing) {
    double save = timing.ratio(SAVE, COPY);
    double factor = timing.medianNs(PLAIN_WRITE) / timing.medianNs(SAVE);
    double blockedFactor = timing.medianNs(PLAIN_WRITE) / timing.medianNs(OVERLAPPED);
    double blocked = timing.medianNs(OVERLAPPED) / timing.medianNs(STEP);
    double stretch = timing.medianNs(STEP_SAVING) / timing.medianNs(STEP) - 1;
    double persist = timing.ratio(DISK, PERSIST);
    return List.of(
        aim("a blocking save is", save, "x one copy", save <= SAVE_MAX, "at most 1.3"),
        aim("and so much below a plain write:", factor, "x", factor >= FACTOR_MIN, "at least 70"),
        format("  an overlapped save is %.0f x below a plain write", blockedFactor),
        aim(
            "an overlapped save blocks",
            100 * blocked,
            "% of a step",
            blocked <= BLOCKED_MAX,
            "at most 1 at 64 MiB"),
        format("  and makes the step %.1f %% longer in all", 100 * stretch),
        format("  persisting reaches %.0f %% of the disk's own speed", 100 * persist));
  }

  private static String aim(String what, double value, String unit, boolean met, String aim) {
    return format("  %s %.2f %s (aim: %s; %s)", what, value, unit, aim, met ? "met" : "missed");
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
