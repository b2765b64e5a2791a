package dev.muster.worker.runtime;

/** Units per second, smoothed over about the last ten steps. */
final class Throughput {
  private static final double WEIGHT = 0.2;

  private long lastNs;
  private long stepDurationNs;
  private double unitsPerSecond;

  Throughput(long startNs) {
    this.lastNs = startNs;
  }

  void step(long nowNs, long units) {
    stepDurationNs = Math.max(1, nowNs - lastNs);
    lastNs = nowNs;
    double now = units * 1e9 / stepDurationNs;
    unitsPerSecond = unitsPerSecond == 0 ? now : unitsPerSecond + WEIGHT * (now - unitsPerSecond);
  }

  long stepDurationNs() {
    return stepDurationNs;
  }

  double unitsPerSecond() {
    return unitsPerSecond;
  }
}
