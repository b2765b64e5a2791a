package dev.muster.master.wiring;

import dev.muster.master.jmx.MasterSnapshot.NodeRow;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.link.LinkHandler;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** What the links told about each node, for operators; passes everything on. Any thread. */
final class Nodes implements LinkHandler {
  private static final double NS_PER_SECOND = 1e9;

  private final LinkHandler next;
  private final TreeMap<NodeId, Node> nodes = new TreeMap<>();

  private static final class Node {
    ToMaster.Register registered;
    final Set<WorkerId> workers = new HashSet<>();
    boolean linked;
    long beats;
    long lastBeatNs;
    String note = "";
  }

  Nodes(LinkHandler next) {
    this.next = next;
  }

  @Override
  public void received(NodeId id, ToMaster message) {
    note(id, message);
    next.received(id, message);
  }

  private synchronized void note(NodeId id, ToMaster message) {
    var node = nodes.computeIfAbsent(id, n -> new Node());
    if (message instanceof ToMaster.Register register) {
      node.registered = register;
      node.workers.clear();
      register.workers().forEach(worker -> node.workers.add(worker.worker()));
      node.linked = true;
      node.note = "";
    } else if (message instanceof ToMaster.WorkerReady ready) {
      node.workers.add(ready.worker());
    } else if (message instanceof ToMaster.WorkerExited exited) {
      node.workers.remove(exited.worker());
    } else if (message instanceof ToMaster.Beat) {
      node.beats++;
      node.lastBeatNs = System.nanoTime();
    } else if (message instanceof ToMaster.Leaving leaving) {
      node.note = "leaving: " + leaving.reason();
    }
  }

  @Override
  public void disconnected(NodeId id, String reason) {
    synchronized (this) {
      var node = nodes.computeIfAbsent(id, n -> new Node());
      node.linked = false;
      node.note = reason;
    }
    next.disconnected(id, reason);
  }

  synchronized List<NodeRow> rows() {
    return nodes.entrySet().stream()
        .filter(entry -> entry.getValue().registered != null) // others were refused
        .map(entry -> row(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static NodeRow row(NodeId id, Node node) {
    double age =
        node.beats == 0 ? Double.NaN : (System.nanoTime() - node.lastBeatNs) / NS_PER_SECOND;
    var registered = node.registered;
    return new NodeRow(
        id.name(),
        registered.host(),
        node.linked ? "UN" : "DN",
        registered.slots(),
        node.workers.size(),
        age,
        registered.incarnation(),
        node.note);
  }
}
