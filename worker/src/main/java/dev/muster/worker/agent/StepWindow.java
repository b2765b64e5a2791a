package dev.muster.worker.agent;

import java.util.Arrays;

/** Durations of the newest steps, ns; tells their 99th percentile. Not thread-safe. */
final class StepWindow {
  private final long[] durations = new long[128];
  private long count;

  void add(long durationNs) {
    durations[(int) (count++ % durations.length)] = durationNs;
  }

  /** 0 while fewer than 3 steps are known. */
  long p99Ns() {
    int n = (int) Math.min(count, durations.length);
    if (n < 3) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(durations, n);
    Arrays.sort(sorted);
    return sorted[(int) Math.ceil(n * 0.99) - 1];
  }
}
