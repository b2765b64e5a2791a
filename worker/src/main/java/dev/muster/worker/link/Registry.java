package dev.muster.worker.link;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which link belongs to which node. One lock, held for map operations and the hand-over to the
 * handler, so that the handler sees the messages of a node's former link, the change of links, and
 * the new link's messages in this order.
 */
final class Registry {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);

  private final LinkLimits limits;
  private final LinkHandler handler;
  private final Map<NodeId, Link> current = new HashMap<>();
  private final Map<Link, NodeId> nodes = new HashMap<>();

  /** Connected, but not a node's link yet: in the handshake, or proved and silent. */
  private final Set<Link> unregistered = new HashSet<>();

  Registry(LinkLimits limits, LinkHandler handler) {
    this.limits = limits;
    this.handler = handler;
  }

  /** Takes a new connection in, or closes it when too many have not registered. */
  synchronized void admit(Link link) {
    unregistered.add(link);
    if (unregistered.size() > limits.unregistered()) {
      link.close("too many connections before their Register: limit=" + limits.unregistered());
    }
  }

  /** Lost when the node has no link. */
  synchronized void send(PeerId to, Message message) {
    NodeId node =
        to.name().startsWith("agent:") ? new NodeId(to.name().substring("agent:".length())) : null;
    Link link = current.get(node);
    if (link == null) {
      LOG.debug("no link, message lost: to={} message={}", to, message);
    } else {
      link.send(message);
    }
  }

  synchronized void disconnect(NodeId node, String reason) {
    var link = current.get(node);
    if (link != null) {
      link.close(reason);
    }
  }

  synchronized void closeAll(String reason) {
    new ArrayList<>(unregistered).forEach(link -> link.close(reason));
    new ArrayList<>(nodes.keySet()).forEach(link -> link.close(reason));
  }

  /**
   * @param peer address, for the log only
   */
  Link.Owner owner(String peer) {
    return new Link.Owner() {
      @Override
      public void proved(Link link) {
        // a link counts from its Register on
      }

      @Override
      public void received(Link link, Message message) {
        Registry.this.received(link, message);
      }

      @Override
      public void closed(Link link, String reason) {
        Registry.this.closed(link, peer, reason);
      }
    };
  }

  private synchronized void received(Link link, Message message) {
    var node = nodes.get(link);
    if (message instanceof ToMaster.Register register
        && (node == null || node.equals(register.node()))) {
      bind(link, register.node());
      handler.received(register.node(), register);
    } else if (node == null
        || !(message instanceof ToMaster said)
        || said instanceof ToMaster.Register) {
      link.close(
          "message out of order: node=" + node + " actual=" + message.getClass().getSimpleName());
    } else if (current.get(node) == link) {
      handler.received(node, said);
    }
  }

  private void bind(Link link, NodeId node) {
    unregistered.remove(link);
    nodes.put(link, node);
    var former = current.put(node, link);
    if (former != null && former != link) {
      former.close("replaced by a newer link of the node: node=" + node);
    }
  }

  private synchronized void closed(Link link, String peer, String reason) {
    unregistered.remove(link);
    var node = nodes.remove(link);
    if (node == null) {
      LOG.warn("link refused: peer={} reason={}", peer, reason);
    } else {
      LOG.info("link closed: node={} peer={} reason={}", node, peer, reason);
      if (current.remove(node, link)) {
        handler.disconnected(node, reason);
      }
    }
  }
}
