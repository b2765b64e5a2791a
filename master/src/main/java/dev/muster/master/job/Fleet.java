package dev.muster.master.job;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The nodes and workers a job knows, sorted by id so that every host of the core walks them in the
 * same order.
 */
final class Fleet {
  private final TreeMap<NodeId, Node> nodes = new TreeMap<>();
  private final TreeMap<WorkerId, Worker> workers = new TreeMap<>();

  /** A node agent as the master sees it. */
  static final class Node {
    final NodeId id;
    long incarnation;
    int slots;
    boolean linked;
    boolean lost;
    long registeredNs;
    int nextWorkerNumber;

    Node(NodeId id) {
      this.id = id;
    }

    boolean usable() {
      return linked && !lost;
    }
  }

  /** A worker process as the master sees it. */
  static final class Worker {
    final WorkerId id;
    final long launchedNs;
    boolean ready;
    long readyNs;
    boolean finished;
    boolean condemned;
    long pid;
    Generation generation = Generation.NONE;

    /** Last step whose state it holds: 0 a fresh one, -1 none that is valid. */
    long appliedStep;

    Worker(WorkerId id, long launchedNs) {
      this.id = id;
      this.launchedNs = launchedNs;
    }
  }

  Node node(NodeId id) {
    return nodes.computeIfAbsent(id, Node::new);
  }

  Optional<Node> known(NodeId id) {
    return Optional.ofNullable(nodes.get(id));
  }

  Collection<Node> nodes() {
    return List.copyOf(nodes.values());
  }

  Worker add(WorkerId id, long nowNs) {
    var node = node(id.node());
    node.nextWorkerNumber = Math.max(node.nextWorkerNumber, id.number() + 1);
    return workers.computeIfAbsent(id, w -> new Worker(w, nowNs));
  }

  Optional<Worker> worker(WorkerId id) {
    return Optional.ofNullable(workers.get(id));
  }

  Optional<Worker> remove(WorkerId id) {
    return Optional.ofNullable(workers.remove(id));
  }

  List<Worker> workers(Predicate<Worker> which) {
    return workers.values().stream().filter(which).toList();
  }

  List<Worker> on(NodeId node) {
    return workers(w -> w.id.node().equals(node));
  }

  /** Members of {@code group} that are alive, on a usable node and not on their way out. */
  List<Worker> survivors(Group group) {
    return workers(w -> eligible(w) && group.contains(w.id));
  }

  /** Members of {@code group} on a node whose link has ended and which is not given up yet. */
  List<Worker> suspects(Group group) {
    return workers(w -> !w.condemned && !node(w.id.node()).usable() && group.contains(w.id));
  }

  /** Ready workers that are in no group: warm spares. */
  List<Worker> spares(Group group) {
    return workers(w -> eligible(w) && w.ready && !group.contains(w.id));
  }

  /** Processes that were launched and are not ready yet. */
  List<Worker> starting() {
    return workers(w -> eligible(w) && !w.ready);
  }

  private boolean eligible(Worker worker) {
    return !worker.condemned && !worker.finished && node(worker.id.node()).usable();
  }

  /**
   * Where the next worker goes: the usable node with a free slot and below {@code limit} that runs
   * the fewest, first by name.
   */
  Optional<Node> roomiest(int limit) {
    return nodes.values().stream()
        .filter(n -> n.usable() && load(n) < Math.min(n.slots, limit))
        .min(Comparator.comparingInt(this::load).thenComparing(n -> n.id));
  }

  private int load(Node node) {
    return on(node.id).size();
  }
}
