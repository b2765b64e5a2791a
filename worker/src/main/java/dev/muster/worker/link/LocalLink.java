package dev.muster.worker.link;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.actor.Transport;
import java.util.HashMap;
import java.util.Map;

/**
 * Links inside one JVM: the ports of {@link LinkServer} and {@link LinkClient} without sockets,
 * handshake or encoding. Messages are handed over on the sender's thread, under one lock, in order.
 */
public final class LocalLink implements Transport {
  private final LinkHandler master;
  private final Map<PeerId, AgentLinkHandler> agents = new HashMap<>();

  public LocalLink(LinkHandler master) {
    this.master = master;
  }

  /** The master's transport. */
  @Override
  public synchronized void send(PeerId to, Message message) {
    var agent = agents.get(to);
    if (agent != null) {
      agent.received((ToAgent) message);
    }
  }

  /** Connects an agent and tells it that its link is up; the result is the agent's transport. */
  public synchronized Transport connect(NodeId node, AgentLinkHandler agent) {
    agents.put(PeerId.agent(node), agent);
    agent.up();
    return (to, message) -> toMaster(node, agent, (ToMaster) message);
  }

  /** Cuts a node's link, as a broken connection would. */
  public synchronized void disconnect(NodeId node, String reason) {
    var agent = agents.remove(PeerId.agent(node));
    if (agent != null) {
      master.disconnected(node, reason);
      agent.down(reason);
    }
  }

  private synchronized void toMaster(NodeId node, AgentLinkHandler agent, ToMaster message) {
    if (agents.get(PeerId.agent(node)) == agent) {
      master.received(node, message);
    }
  }
}
