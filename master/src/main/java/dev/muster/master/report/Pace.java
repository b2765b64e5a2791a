package dev.muster.master.report;

import dev.muster.protocol.run.Progress;
import java.util.ArrayDeque;

/**
 * How long a step takes, from snapshots: one mean duration per interval between two of them, kept
 * for the newest ones. A recovery counts as one long interval; training that begins again at an
 * earlier step starts anew. One thread.
 */
final class Pace {
  private static final int INTERVALS = 64;
  private static final double MILLIS_PER_SECOND = 1e3;

  private final ArrayDeque<Double> seconds = new ArrayDeque<>();
  private long step = -1;
  private long atEpochMillis;

  void progress(Progress progress) {
    if (progress.step() < step) {
      seconds.clear();
    } else if (progress.step() == step) {
      return; // the interval goes on
    } else if (step > 0) {
      seconds.addLast(
          (progress.updatedEpochMillis() - atEpochMillis)
              / MILLIS_PER_SECOND
              / (progress.step() - step));
      if (seconds.size() > INTERVALS) {
        seconds.removeFirst();
      }
    }
    step = progress.step();
    atEpochMillis = progress.updatedEpochMillis();
  }

  /** NaN before the first interval. */
  double quantile(double q) {
    var sorted = seconds.stream().sorted().toList();
    return sorted.isEmpty()
        ? Double.NaN
        : sorted.get((int) Math.min(sorted.size() - 1L, Math.round(q * sorted.size())));
  }
}
