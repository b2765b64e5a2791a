package dev.muster.worker.agent;

import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The agent's right to let its workers run; immutable. It counts from when the acknowledged beat
 * was sent, by the agent's own clock, so the master, who counts from when it answered, always
 * expects it to last longer than it does (Gray and Cheriton, Leases, 1989).
 *
 * @param durationNs granted with each acknowledgement
 * @param deadlineNs when it ends
 * @param sentNs when each beat not acknowledged yet was sent, by sequence
 */
record Lease(long durationNs, long deadlineNs, NavigableMap<Long, Long> sentNs) {
  private static final int MAX_OPEN = 256;

  static Lease granted(long fromNs, long durationNs) {
    return new Lease(durationNs, fromNs + durationNs, new TreeMap<>());
  }

  Lease sent(long sequence, long atNs) {
    var open = new TreeMap<>(sentNs);
    open.put(sequence, atNs);
    while (open.size() > MAX_OPEN) {
      open.pollFirstEntry(); // an acknowledgement that old extends nothing
    }
    return new Lease(durationNs, deadlineNs, open);
  }

  /** An unknown sequence changes nothing: it is of another link or was acknowledged before. */
  Lease acknowledged(long sequence) {
    Long atNs = sentNs.get(sequence);
    if (atNs == null) {
      return this;
    }
    return new Lease(
        durationNs,
        Math.max(deadlineNs, atNs + durationNs),
        new TreeMap<>(sentNs.tailMap(sequence, false)));
  }

  boolean expired(long nowNs) {
    return nowNs - deadlineNs >= 0;
  }
}
