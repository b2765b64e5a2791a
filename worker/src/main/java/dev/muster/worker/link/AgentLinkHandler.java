package dev.muster.worker.link;

import dev.muster.protocol.message.ToAgent;

/**
 * The agent's side of its link. Called in order, by several threads, never concurrently; must not
 * block.
 */
public interface AgentLinkHandler {
  /** Connected and both ends proved: the agent registers now. */
  void up();

  void received(ToAgent message);

  /**
   * The other end does not prove, or does not take, that this agent belongs to the run, and no link
   * was ever up: trying again is of no use, and the client does not.
   */
  default void refused(String reason) {}

  /** The link that was up is gone; the client is already trying to reconnect. */
  void down(String reason);
}
