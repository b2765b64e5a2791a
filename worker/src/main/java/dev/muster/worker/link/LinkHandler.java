package dev.muster.worker.link;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.message.ToMaster;

/**
 * The master's side of all agent links. Called in order per node, by several threads, never
 * concurrently; must not block.
 */
public interface LinkHandler {
  /** The first message of every link is a {@link ToMaster.Register}. */
  void received(NodeId node, ToMaster message);

  /** The node has no link any more; not called when a newer link of the node took its place. */
  void disconnected(NodeId node, String reason);
}
