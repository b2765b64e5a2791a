package dev.muster.protocol.job;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Values as they are spelled in the configuration; each text reads back as exactly the same value.
 */
final class Units {
  static final String AUTO = "auto";

  private static final long[] DURATIONS = {
    86_400_000_000_000L, 3_600_000_000_000L, 60_000_000_000L, 1_000_000_000L, 1_000_000L, 1_000L
  };
  private static final String[] DURATION_NAMES = {"d", "h", "m", "s", "ms", "us"};
  private static final long[] BYTES = {1L << 40, 1L << 30, 1L << 20, 1L << 10};
  private static final String[] BYTE_NAMES = {"TiB", "GiB", "MiB", "KiB"};
  private static final Pattern FAULT = Pattern.compile("rank=([0-9]{1,9})@step=([0-9]{1,18})");

  private Units() {}

  static String duration(long ns) {
    return ns == 0 ? "0s" : exact(ns, DURATIONS, DURATION_NAMES, "ns");
  }

  static String interval(long ns) {
    return ns == JobSpec.Checkpoint.AUTO ? AUTO : duration(ns);
  }

  static String steps(int steps) {
    return steps == JobSpec.Checkpoint.AUTO ? AUTO : Integer.toString(steps);
  }

  static String bytes(long bytes) {
    return exact(bytes, BYTES, BYTE_NAMES, "B");
  }

  private static String exact(long value, long[] units, String[] names, String smallest) {
    for (int i = 0; i < units.length; i++) {
      if (value % units[i] == 0) {
        return value / units[i] + names[i];
      }
    }
    return value + smallest;
  }

  static Optional<JobSpec.Fault> fault(String text) {
    var match = FAULT.matcher(text.strip());
    return match.matches()
        ? Optional.of(
            new JobSpec.Fault(Integer.parseInt(match.group(1)), Long.parseLong(match.group(2))))
        : Optional.empty();
  }

  static String fault(JobSpec.Fault fault) {
    return "rank=" + fault.rank() + "@step=" + fault.step();
  }
}
