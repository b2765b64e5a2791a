package dev.muster.master.health;

import dev.muster.protocol.NodeId;

/**
 * When a node was heard of last. In production that is what {@link NodeHealth} recorded. A
 * simulated world that does not play every beat of a regular node computes it: the answers must be
 * those that the beats left out would have recorded, so none is earlier than what was recorded, nor
 * later than now.
 *
 * <p>Asked on the thread of the core, any number of times within one event; nothing may change
 * between two answers to the same question at the same time.
 */
public interface LastHeard {
  /** Nothing is left out. */
  LastHeard RECORDED = new LastHeard() {};

  /**
   * @param recordedNs when the last message of {@code node} was handled
   */
  default long lastHeardNs(NodeId node, long recordedNs) {
    return recordedNs;
  }

  /**
   * @param recordedNs when the last renewal of the lease of {@code node} was granted
   */
  default long leasedNs(NodeId node, long recordedNs) {
    return recordedNs;
  }
}
