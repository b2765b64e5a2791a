package dev.muster.worker.agent;

import dev.muster.protocol.NodeId;
import java.util.List;

/**
 * What the agent knows before it meets a master.
 *
 * @param incarnation random per agent process
 * @param host name or address shown to people
 * @param slots how many workers this node may run at once, spares included
 * @param reconnectNs how long an agent without a master keeps trying, beyond the lease; too short:
 *     a slow restart of the master loses the node, too long: idle agents stay behind when a master
 *     is gone for good
 * @param bulk HOST:PORT of its store of snapshots; empty: none
 * @param domains what this node fails together with, outermost first
 * @param machine whose memory it shares with the other nodes that name it
 */
public record AgentSettings(
    NodeId node,
    long incarnation,
    String host,
    int slots,
    long reconnectNs,
    String bulk,
    List<String> domains,
    String machine) {
  /** Without peers, on one machine with all other such nodes. */
  public AgentSettings(NodeId node, long incarnation, String host, int slots, long reconnectNs) {
    this(node, incarnation, host, slots, reconnectNs, "", List.of(), "");
  }
}
