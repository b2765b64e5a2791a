package dev.muster.master.checkpoint;

import dev.muster.master.checkpoint.Interval.Tier;
import dev.muster.protocol.Generation;

/**
 * How long how many nodes have trained, and what failed meanwhile: the evidence of a {@link
 * FailureRate}. Changes in place, reads no clock.
 *
 * <p>Copies in memory help against whatever ends a worker; storage only against the loss of nodes,
 * with which memory goes. Whether the copies at other nodes would have survived is not counted on.
 */
public final class Exposure {
  private static final long HOUR_NS = 3_600_000_000_000L;

  /**
   * Before anything is seen each node fails once a day, and no job more than once an hour. Clusters
   * are far better (6.5 failures in 1,000 node-days, HPCA 2025), but a prior that long would drown
   * what the run sees for months; a quiet time lowers this one within days.
   */
  private static final long NODE_PRIOR_NS = 24 * HOUR_NS;

  private double nodeNs; // of thousands of nodes for months
  private long sinceNs;
  private int nodes; // that train now; 0: none do
  private int failures;
  private int losses;
  private Generation lossOf = Generation.NONE;

  /** A group of that many nodes trains. */
  public void trains(int count, long nowNs) {
    rests(nowNs);
    nodes = count;
    sinceNs = nowNs;
  }

  /** It does not any more. */
  public void rests(long nowNs) {
    nodeNs = seenNodeNs(nowNs);
    nodes = 0;
  }

  /** The clock is another one: the time since the group began is not known. */
  public void forget() {
    nodes = 0;
  }

  /** A worker failed, of itself and by nobody's fault. */
  public void failed() {
    failures++;
  }

  /** One that was counted was somebody's fault after all. */
  public void mistaken() {
    failures = Math.max(0, failures - 1);
  }

  /** Nodes lost from the same group are one loss. */
  public void nodeLost(Generation generation) {
    if (!generation.equals(lossOf) || generation.equals(Generation.NONE)) {
      losses++;
      lossOf = generation;
    }
  }

  private double seenNodeNs(long nowNs) {
    return nodeNs + (double) nodes * Math.max(0, nowNs - sinceNs);
  }

  /** Of the nodes that train now, all together. */
  public FailureRate rate(Tier tier, long nowNs) {
    int together = Math.max(1, nodes);
    return new FailureRate(
        tier == Tier.MEMORY ? failures : losses,
        (long) (seenNodeNs(nowNs) / together),
        Math.max(NODE_PRIOR_NS / together, HOUR_NS));
  }
}
