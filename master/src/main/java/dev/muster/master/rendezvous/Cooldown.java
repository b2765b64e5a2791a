package dev.muster.master.rendezvous;

import dev.muster.protocol.NodeId;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How long a node that failed must stay away, immutable. Each failure at least doubles the wait, up
 * to a cap.
 *
 * <p>Source: Horovod Elastic, wait = clamp(lower × 2^n + U(0,1) × lower); doubling the former wait
 * is ours, because with its formula a second wait can be hardly longer than the first.
 */
public record Cooldown(Policy policy, SortedMap<NodeId, Entry> entries) {

  /**
   * @param lowerNs shortest wait; 0 lets a node back at once
   * @param upperNs longest; {@link Arrivals#FOREVER} as both bars a node for the rest of the run
   */
  public record Policy(long lowerNs, long upperNs) {
    public Policy {
      if (lowerNs < 0 || upperNs < lowerNs) {
        throw new IllegalArgumentException(
            "bad cooldown: lowerNs="
                + lowerNs
                + " upperNs="
                + upperNs
                + "; needed is 0 <= lower <= upper");
      }
    }
  }

  /**
   * @param untilNs when the node counts again
   */
  public record Entry(int failures, long waitNs, long untilNs) {}

  public Cooldown {
    entries = Collections.unmodifiableSortedMap(entries);
  }

  public static Cooldown none(Policy policy) {
    return new Cooldown(policy, new TreeMap<>());
  }

  /**
   * Notes a failure of {@code node}.
   *
   * @param random 64 random bits; they spread the return of nodes that failed together
   */
  public Cooldown failed(NodeId node, long nowNs, long random) {
    Entry former = entries.getOrDefault(node, new Entry(0, 0, nowNs));
    long waitNs = nextWaitNs(former, random);
    long untilNs = waitNs == Arrivals.FOREVER ? Arrivals.FOREVER : nowNs + waitNs;
    var more = new TreeMap<>(entries);
    more.put(node, new Entry(former.failures() + 1, waitNs, untilNs));
    return new Cooldown(policy, more);
  }

  private long nextWaitNs(Entry former, long random) {
    double jitter = (random >>> 11) * 0x1p-53;
    double drawn = policy.lowerNs() * (Math.scalb(1.0, Math.min(former.failures(), 62)) + jitter);
    double waitNs = Math.max(drawn, 2.0 * former.waitNs());
    return waitNs >= policy.upperNs() ? policy.upperNs() : (long) waitNs;
  }

  /** Excludes the nodes that cool down from {@code arrivals}. */
  Arrivals applyTo(Arrivals arrivals) {
    Arrivals applied = arrivals;
    for (var entry : entries.entrySet()) {
      applied = applied.excluding(entry.getKey(), entry.getValue().untilNs());
    }
    return applied;
  }
}
