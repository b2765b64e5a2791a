package dev.muster.simulator.cluster;

import java.util.ArrayList;
import java.util.List;

/**
 * How much of its time of training a group has worked, as if at full speed: the slowest member sets
 * the pace of all. Past times are asked for too, so former speeds are kept.
 */
final class Work {
  private final List<Stretch> former = new ArrayList<>(); // mostly none
  private Stretch now = new Stretch(0, Long.MAX_VALUE, 0, 1);
  private long heldUpNs; // by now, and what is left of it

  /** From {@code sinceNs} until then at this speed, with so much done before. */
  private record Stretch(long sinceNs, long untilNs, long workedNs, double speed) {
    long workedNs(long atNs) {
      long ns = Math.max(0, Math.min(atNs, untilNs) - sinceNs);
      return workedNs + (speed == 1 ? ns : (long) (ns * speed));
    }
  }

  /** Nothing is done yet. */
  void begin(long nowNs) {
    now = from(nowNs, 0, now.speed);
  }

  private static Stretch from(long sinceNs, long workedNs, double speed) {
    return new Stretch(sinceNs, Long.MAX_VALUE, workedNs, speed);
  }

  /** What has been done stays done. */
  void speed(double next, long nowNs) {
    if (next != now.speed) {
      if (nowNs > now.sinceNs) {
        former.add(now);
      }
      now = from(Math.max(nowNs, now.sinceNs), now.workedNs(nowNs), next);
    }
  }

  /** Nothing is done for so long from now on. */
  void holdUp(long forNs, long nowNs) {
    long worked = now.workedNs(nowNs);
    long fromNs = Math.max(nowNs, now.sinceNs);
    former.add(new Stretch(now.sinceNs, fromNs, now.workedNs, now.speed));
    now = from(fromNs + forNs, worked, now.speed);
    heldUpNs += forNs;
  }

  /** How long it is held up from now on. */
  long heldUpForNs(long nowNs) {
    return Math.max(0, now.sinceNs - nowNs);
  }

  /** How long it was held up until now; it began before. */
  long heldUpNs(long nowNs) {
    return heldUpNs == 0 ? 0 : heldUpNs - Math.min(heldUpNs, heldUpForNs(nowNs));
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
