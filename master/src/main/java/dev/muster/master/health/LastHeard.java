package dev.muster.master.health;

import dev.muster.protocol.NodeId;

/**
 * When a node was heard of last. In production that is what {@link NodeHealth} recorded. A
 * simulated world that does not play every beat of a regular node computes it: the answers must be
 * those that the beats left out would have recorded, so none is earlier than what was recorded, nor
 * later than now.
 */
public interface LastHeard {
  /** Nothing is left out. */
  LastHeard RECORDED = node -> OfNode.RECORDED;

  /** Asked for once, when the node is first heard of. */
  OfNode of(NodeId node);

  /**
   * Asked on the thread of the core, any number of times within one event; nothing may change
   * between two answers to the same question at the same time.
   */
  interface OfNode {
    OfNode RECORDED = new OfNode() {};

    /**
     * @param recordedNs when the last message of the node was handled
     */
    default long lastHeardNs(long recordedNs) {
      return recordedNs;
    }

    /**
     * @param recordedNs when the last renewal of the lease of the node was granted
     */
    default long leasedNs(long recordedNs) {
      return recordedNs;
    }

    /**
     * Whether it would be heard of in time however long one waited, so that nobody needs to look at
     * it.
     *
     * @param look called, if so, before that is not sure any more; replaces what was given before
     */
    default boolean isRegular(Runnable look) {
      return false;
    }
  }
}
