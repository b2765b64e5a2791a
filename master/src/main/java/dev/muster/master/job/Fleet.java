package dev.muster.master.job;

import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RecurringMap;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The nodes and workers a job knows, walked in order of their ids so that every host of the core
 * does the same. What a message asks is answered without a walk: all changes go through here and
 * keep {@link Headcount} and the free places up to date.
 */
final class Fleet {
  private static final Comparator<Node> ROOMIEST =
      Comparator.<Node>comparingInt(n -> n.workers.size()).thenComparing(n -> n.id);

  private final RecurringMap<NodeId, Node> byId = new RecurringMap<>();
  private final TreeMap<NodeId, Node> nodes = new TreeMap<>();
  private final TreeSet<Node> room = new TreeSet<>(ROOMIEST); // usable, with a free slot
  private final Headcount count = new Headcount();
  private Group group = Group.NONE;
  private Worker[] seats = new Worker[0]; // members by rank, null when gone
  private boolean mayPardon; // one was left out, and may be so still
  private int usableNodes;
  private long earliestNs = Long.MAX_VALUE; // registration of a usable node
  private boolean earliestKnown = true;

  /** A node agent as the master sees it. */
  static final class Node {
    final NodeId id;
    final PeerId peer;
    final int hash; // of its id
    private final List<Worker> workers = new ArrayList<>(); // ascending by number
    private int latest = -1; // place of the worker that was asked for last
    private long incarnation;
    private int slots;
    private int spares; // kept by the head count
    private boolean linked;
    private boolean lost;
    private long registeredNs;
    private int nextWorkerNumber;
    private String bulk = "";
    private List<String> domains = List.of();
    private String machine = "";

    Node(NodeId id) {
      this.id = id;
      this.peer = PeerId.agent(id);
      this.hash = id.hashCode();
    }

    /** Where its store of snapshots is reached, and what it shares with others. */
    void registered(ToMaster.Register register) {
      bulk = register.bulk();
      domains = List.copyOf(register.domains());
      machine = register.machine();
    }

    /** Whose memory it shares with other nodes. */
    String machine() {
      return machine;
    }

    /** HOST:PORT; empty: it takes and gives no snapshots. */
    String bulk() {
      return bulk;
    }

    List<String> domains() {
      return domains;
    }

    ToAgent.Peer peerAddress() {
      return new ToAgent.Peer(id, bulk);
    }

    boolean usable() {
      return linked && !lost;
    }

    /**
     * @return how many spares it has then
     */
    int spares(int by) {
      spares += by;
      return spares;
    }

    boolean linked() {
      return linked;
    }

    boolean lost() {
      return lost;
    }

    int slots() {
      return slots;
    }

    long incarnation() {
      return incarnation;
    }

    long registeredNs() {
      return registeredNs;
    }

    int nextWorkerNumber() {
      return nextWorkerNumber;
    }

    /** Most often all of them are asked for, one after the other. */
    private int indexOf(WorkerId worker) {
      for (int looked = 1; looked <= workers.size(); looked++) {
        int place = (Math.min(latest, workers.size()) + looked) % workers.size();
        if (workers.get(place).id.number() == worker.number()) {
          latest = place;
          return place;
        }
      }
      return -1;
    }
  }

  /** A worker process as the master sees it. */
  static final class Worker {
    final WorkerId id;
    final Node node;
    final long launchedNs;
    long pid;
    String endpoint = ""; // HOST:PORT for ranks of other machines; empty: none
    private boolean ready;
    private long readyNs;
    private boolean finished;
    private boolean condemned;
    private boolean leftOut;
    private long appliedStep;
    private int rank = -1; // in the current group

    Worker(WorkerId id, Node node, long launchedNs) {
      this.id = id;
      this.node = node;
      this.launchedNs = launchedNs;
    }

    boolean ready() {
      return ready;
    }

    long readyNs() {
      return readyNs;
    }

    boolean finished() {
      return finished;
    }

    /** On its way out: its end will be no surprise. */
    boolean condemned() {
      return condemned || leftOut;
    }

    /** Its node did not say with which step it left a group that ended; until it is gone. */
    boolean leftOut() {
      return leftOut;
    }

    /** Left out, and the order to kill it is not given yet. */
    boolean pardonable() {
      return leftOut && !condemned;
    }

    boolean member() {
      return rank >= 0;
    }

    /** Last step whose state it holds: 0 a fresh one, -1 none that is valid. */
    long appliedStep() {
      return appliedStep;
    }

    /** Alive, on a usable node and not on its way out. */
    boolean eligible() {
      return !condemned() && !finished && node.usable();
    }
  }

  Headcount count() {
    return count;
  }

  // ---- nodes

  Node node(NodeId id) {
    Node node = byId.get(id);
    if (node == null) {
      node = new Node(id);
      byId.put(id, node);
      nodes.put(id, node);
    }
    return node;
  }

  /** In order of their names. */
  Collection<Node> nodes() {
    return Collections.unmodifiableCollection(nodes.values());
  }

  int usableNodes() {
    return usableNodes;
  }

  /** When the first of the usable nodes registered; {@link Long#MAX_VALUE} when there is none. */
  long earliestNs() {
    if (!earliestKnown) {
      earliestNs =
          nodes.values().stream()
              .filter(Node::usable)
              .mapToLong(Node::registeredNs)
              .min()
              .orElse(Long.MAX_VALUE);
      earliestKnown = true;
    }
    return earliestNs;
  }

  void registered(Node node, long incarnation, int slots, long nowNs) {
    change(
        node,
        () -> {
          node.linked = true;
          node.lost = false;
          node.incarnation = incarnation;
          node.slots = slots;
          node.registeredNs = nowNs;
        });
  }

  void unlink(Node node) {
    change(node, () -> node.linked = false);
  }

  void giveUp(Node node) {
    change(
        node,
        () -> {
          node.lost = true;
          node.linked = false;
        });
  }

  /**
   * Where the next worker goes: the usable node with a free slot and below {@code limit} that runs
   * the fewest, first by name.
   */
  Optional<Node> roomiest(int limit) {
    return room.isEmpty() || room.first().workers.size() >= limit
        ? Optional.empty()
        : Optional.of(room.first());
  }

  private void change(Node node, Runnable change) {
    count(node, -1);
    change.run();
    count(node, 1);
  }

  private void count(Node node, int by) {
    if (node.usable()) {
      usableNodes += by;
      earliestKnown &= by > 0 || node.registeredNs > earliestNs;
      earliestNs = Math.min(earliestNs, node.registeredNs);
    }
    node.workers.forEach(w -> count.add(w, by));
    place(node, by);
  }

  private void place(Node node, int by) {
    if (by < 0) {
      room.remove(node);
    } else if (node.usable() && node.workers.size() < node.slots) {
      room.add(node);
    }
  }

  // ---- workers

  Worker add(WorkerId id, long nowNs) {
    var node = node(id.node());
    node.nextWorkerNumber = Math.max(node.nextWorkerNumber, id.number() + 1);
    int known = node.indexOf(id);
    if (known >= 0) {
      return node.workers.get(known);
    }
    var worker = new Worker(id, node, nowNs);
    worker.rank = group.rankOf(id).orElse(-1);
    if (worker.member()) {
      seats[worker.rank] = worker;
    }
    place(node, -1);
    int at = node.workers.size();
    while (at > 0 && node.workers.get(at - 1).id.number() > id.number()) {
      at--;
    }
    node.workers.add(at, worker);
    place(node, 1);
    count.add(worker, 1);
    return worker;
  }

  Optional<Worker> worker(WorkerId id) {
    return Optional.ofNullable(find(id));
  }

  private Worker find(WorkerId id) {
    Node node = byId.get(id.node());
    int at = node == null ? -1 : node.indexOf(id);
    return at < 0 ? null : node.workers.get(at);
  }

  Optional<Worker> remove(WorkerId id) {
    var worker = find(id);
    if (worker != null) {
      count.add(worker, -1);
      place(worker.node, -1);
      worker.node.workers.remove(worker);
      place(worker.node, 1);
      if (worker.member()) {
        seats[worker.rank] = null;
      }
    }
    return Optional.ofNullable(worker);
  }

  /** A copy, in order of their ids. */
  List<Worker> workers(Predicate<Worker> which) {
    var found = new ArrayList<Worker>();
    for (var node : nodes.values()) {
      for (var worker : node.workers) {
        if (which.test(worker)) {
          found.add(worker);
        }
      }
    }
    return found;
  }

  /** A copy, in order of their ids. */
  List<Worker> on(Node node) {
    return List.copyOf(node.workers);
  }

  boolean isEmpty() {
    return count.all() == 0;
  }

  void ready(Worker worker, boolean ready, long nowNs) {
    change(
        worker,
        () -> {
          worker.ready = ready;
          worker.readyNs = nowNs;
        });
  }

  void condemn(Worker worker) {
    change(worker, () -> worker.condemned = true);
  }

  /** It counts for nothing, unless its node answers before {@link #condemn}. */
  void leaveOut(Worker worker) {
    change(worker, () -> worker.leftOut = true);
    mayPardon = true;
  }

  /** A copy, in order of their ids. */
  List<Worker> pardonable() {
    var found = mayPardon ? workers(Worker::pardonable) : List.<Worker>of();
    mayPardon = !found.isEmpty();
    return found;
  }

  void pardon(Worker worker) {
    change(worker, () -> worker.leftOut = false);
  }

  boolean anyLeftOut(NodeId node) {
    var known = byId.get(node);
    return known != null && known.workers.stream().anyMatch(Worker::leftOut);
  }

  void finished(Worker worker, boolean finished) {
    change(worker, () -> worker.finished = finished);
  }

  void holds(Worker worker, long step) {
    count.moves(worker, step);
    worker.appliedStep = step;
  }

  private void change(Worker worker, Runnable change) {
    count.add(worker, -1);
    change.run();
    count.add(worker, 1);
  }

  // ---- the group

  /** From now on these are the members. */
  void regroup(Group next) {
    var former = seats;
    seats = new Worker[next.worldSize()];
    group = next;
    for (int rank = 0; rank < seats.length; rank++) {
      var id = next.members().get(rank).worker();
      boolean stays = rank < former.length && former[rank] != null && former[rank].id.equals(id);
      var worker = stays ? former[rank] : find(id);
      if (worker != null) {
        seats[rank] = worker;
        seat(worker, rank);
      }
    }
    for (var worker : former) {
      if (worker != null && (worker.rank >= seats.length || seats[worker.rank] != worker)) {
        seat(worker, -1);
      }
    }
  }

  private void seat(Worker worker, int rank) {
    if (worker.rank == rank) {
      return;
    }
    if (worker.member() == rank >= 0) {
      worker.rank = rank;
    } else {
      change(worker, () -> worker.rank = rank);
    }
  }

  /** The member of this rank; null when it is gone. */
  Worker seat(int rank) {
    return seats[rank];
  }

  /** Members that are alive, on a usable node and not on their way out; in rank order. */
  List<WorkerId> survivors() {
    var found = new ArrayList<WorkerId>(count.survivors());
    for (var worker : seats) {
      if (worker != null && worker.eligible()) {
        found.add(worker.id);
      }
    }
    return found;
  }

  /** Every survivor holds at least this step. */
  void restored(long step) {
    for (var worker : seats) {
      if (worker != null && worker.appliedStep < step && worker.eligible()) {
        holds(worker, step);
      }
    }
  }

  /** Ready workers that are in no group: warm spares; in order of their ids. */
  List<Worker> spares() {
    var found = new ArrayList<Worker>();
    for (var node : count.spares() == 0 ? List.<Node>of() : nodes.values()) {
      if (node.spares > 0) {
        node.workers.stream().filter(Headcount::spare).forEach(found::add);
      }
    }
    return found;
  }

  /** Newest step that a worker holds whose node's link has ended and which is not given up yet. */
  long newestOfSuspects() {
    return workers(Headcount::suspect).stream().mapToLong(w -> w.appliedStep).max().orElse(-1);
  }

  /** Newest step that a survivor or a spare holds; -1 when there is none. */
  long newestStep() {
    if (!count.newestKnown()) {
      count.newest(workers(Headcount::usableNow));
    }
    return count.newestStep();
  }

  /** How many of a node's workers survive as members. */
  int survivorsOn(NodeId node) {
    int survivors = 0;
    for (var worker : node(node).workers) {
      survivors += worker.member() && worker.eligible() ? 1 : 0;
    }
    return survivors;
  }
}
