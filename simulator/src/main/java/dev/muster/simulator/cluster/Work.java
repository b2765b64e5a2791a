package dev.muster.simulator.cluster;

import java.util.ArrayList;
import java.util.List;

/**
 * How much of its time of training a group has worked, as if at full speed: the slowest member sets
 * the pace of all. Past times are asked for too, so former speeds are kept.
 */
final class Work {
  private final List<Stretch> former = new ArrayList<>(); // mostly none
  private Stretch now = new Stretch(0, 0, 1);

  /** From {@code sinceNs} on at this speed, with so much done before. */
  private record Stretch(long sinceNs, long workedNs, double speed) {
    long workedNs(long atNs) {
      long ns = Math.max(0, atNs - sinceNs);
      return workedNs + (speed == 1 ? ns : (long) (ns * speed));
    }
  }

  /** Nothing is done yet. */
  void begin(long nowNs) {
    now = new Stretch(nowNs, 0, now.speed);
  }

  /** What has been done stays done. */
  void speed(double next, long nowNs) {
    if (next != now.speed) {
      if (nowNs > now.sinceNs) {
        former.add(now);
      }
      now = new Stretch(nowNs, now.workedNs(nowNs), next);
    }
  }

  double speed() {
    return now.speed;
  }

  /** Since when it works at its present speed. */
  long sinceNs() {
    return now.sinceNs;
  }

  double speed(long atNs) {
    return at(atNs).speed;
  }

  long workedNs(long atNs) {
    return at(atNs).workedNs(atNs);
  }

  private Stretch at(long atNs) {
    var found = now;
    for (int i = former.size(); atNs < found.sinceNs && i > 0; i--) {
      found = former.get(i - 1);
    }
    return found;
  }
}
