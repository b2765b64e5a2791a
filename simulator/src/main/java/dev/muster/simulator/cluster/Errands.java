package dev.muster.simulator.cluster;

import dev.muster.protocol.Generation;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Snapshot;
import dev.muster.simulator.checkpoint.HostMemory;
import dev.muster.simulator.checkpoint.HostMemory.Buffer;
import dev.muster.simulator.checkpoint.Part;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.checkpoint.SharedStorage;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What an agent does with snapshots, on two threads as the real one: what goes out, one thing after
 * the other, and what is fetched. It costs time, and what becomes of it is known at its end.
 */
final class Errands {
  private static final long COMMIT_NS = 50_000_000;
  private static final long DONE = -1;

  /** Does the next part of it; ns until the one after, or {@link #DONE}. */
  private interface Errand {
    long next();
  }

  private final SimulatedNode node;
  private final Cluster cluster;
  private final HostMemory memory;
  private final Arrivals arrivals;
  private final Lane out = new Lane();
  private final Lane in = new Lane(); // a group waits for it, and not for the storage before it

  Errands(SimulatedNode node, Cluster cluster, HostMemory memory, Arrivals arrivals) {
    this.node = node;
    this.cluster = cluster;
    this.memory = memory;
    this.arrivals = arrivals;
  }

  /** The agent is gone: so is what it was at. */
  void drop() {
    out.drop();
    in.drop();
  }

  void perform(AgentAction action) {
    switch (action) {
      case AgentAction.Persist a -> out.add(new Persist(a));
      case AgentAction.Salvage a -> out.add(new Salvage(a.order()));
      case AgentAction.Push a -> out.add(new Push(a));
      case AgentAction.FetchSnapshots(var order) -> in.add(new Fetch(order));
      case AgentAction.CommitCheckpoint a -> out.add(new Commit(a));
      case AgentAction.ListCheckpoints _ -> out.add(new Listing());
      case AgentAction.SweepSnapshots(var keep) -> out.add(sweep(keep));
      case AgentAction.SweepCopies(var before) -> out.add(sweepCopies(before));
      default -> throw new IllegalArgumentException("no errand: " + action);
    }
  }

  /** One thread of the agent. */
  private final class Lane {
    private final Queue<Errand> waiting = new ArrayDeque<>();
    private boolean busy;

    void drop() {
      waiting.clear();
      busy = false;
    }

    void add(Errand errand) {
      waiting.add(errand);
      if (!busy) {
        busy = true;
        advance(waiting.poll());
      }
    }

    private void advance(Errand errand) {
      var next = errand;
      long leftNs = next.next();
      while (leftNs == DONE) {
        next = waiting.poll();
        if (next == null) {
          busy = false;
          return;
        }
        leftNs = next.next();
      }
      var current = next;
      node.later(leftNs, () -> advance(current));
    }
  }

  private Saving saving() {
    return cluster.saving();
  }

  private SharedStorage storage() {
    return cluster.storage();
  }

  private long storageNs(long ns) {
    return (long) (ns * storage().slowness());
  }

  static String name(WorkerId worker) {
    return worker.node() + "-" + worker.number();
  }

  private Errand sweep(List<WorkerId> keep) {
    Set<String> names = keep.stream().map(Errands::name).collect(Collectors.toSet());
    return () -> {
      memory.removeIf(name -> !names.contains(name) && !Arrivals.isCopy(name));
      return DONE;
    };
  }

  private Errand sweepCopies(long beforeGeneration) {
    return () -> {
      memory.removeIf(name -> Arrivals.isCopy(name) && newest(name) < beforeGeneration);
      return DONE;
    };
  }

  /** Generation; one that is just arriving is of none yet. */
  private long newest(String name) {
    return memory.of(name).stream()
        .mapToLong(buffer -> buffer.header().generation().number())
        .max()
        .orElse(Long.MAX_VALUE);
  }

  /** Reads one snapshot of this host, pinned meanwhile. */
  private abstract class OfSnapshot implements Errand {
    private final WorkerId worker;
    private final long generation;
    private final long step;
    private final Medium to;
    private Buffer buffer; // null before it began
    private Snapshot header; // as it was found
    private boolean begun;

    OfSnapshot(WorkerId worker, long generation, long step, Medium to) {
      this.worker = worker;
      this.generation = generation;
      this.step = step;
      this.to = to;
    }

    @Override
    public final long next() {
      if (begun) {
        return buffer.holds(header) ? goOn(buffer) : end("it was taken back while it was read");
      }
      begun = true;
      buffer = memory.find(name(), generation, step).orElse(null);
      if (buffer == null) {
        return tell("the snapshot is gone: worker=" + worker, true);
      }
      header = buffer.header();
      buffer.pin();
      return goOn(buffer);
    }

    abstract long goOn(Buffer from);

    final long end(String problem) {
      buffer.unpin();
      return tell(problem, false);
    }

    private long tell(String problem, boolean passed) {
      node.tell(new AgentEvent.ShardWritten(worker, generation, step, to, problem, passed));
      return DONE;
    }

    final String name() {
      return Errands.name(worker);
    }
  }

  private final class Persist extends OfSnapshot {
    private boolean written;

    Persist(AgentAction.Persist a) {
      super(a.worker(), a.generation(), a.step(), Medium.STORAGE);
    }

    @Override
    long goOn(Buffer from) {
      if (!written) {
        written = true;
        return storageNs(saving().persistNs(from.header().shards()));
      }
      if (from.damaged() || storage().out()) {
        return end(from.damaged() ? "the snapshot is damaged" : "the storage does not answer");
      }
      var header = from.header();
      storage().put(header.step(), header.generation().number(), header.shard(), from.part());
      return end("");
    }
  }

  /** One shard after the other, from any snapshot of it that is whole. */
  private final class Salvage implements Errand {
    private final ToAgent.Salvage order;
    private final Queue<ToAgent.Cut> left;
    private ToAgent.Cut cut; // that is being written; null: none
    private Buffer buffer;
    private Snapshot header;

    Salvage(ToAgent.Salvage order) {
      this.order = order;
      this.left = new ArrayDeque<>(order.cuts());
    }

    @Override
    public long next() {
      if (cut != null) {
        buffer.unpin();
        if (!buffer.holds(header) || storage().out()) {
          return end(storage().out() ? "the storage does not answer" : "it was taken back");
        }
        storage().put(order.step(), order.savedBy().number(), cut.shard(), part());
      }
      cut = left.poll();
      return cut == null ? end("") : begin();
    }

    private Part part() {
      var held = buffer.part();
      return saving().sharded() ? held : new Part(held.state(), cut.shard(), held.shards());
    }

    private long begin() {
      buffer =
          memory.find(order.savedBy().number(), order.step()).stream()
              .filter(b -> !b.damaged() && b.header().shard() == cut.snapshot())
              .findFirst()
              .orElse(null);
      if (buffer == null) {
        return end("no whole snapshot of shard " + cut.snapshot() + " is here");
      }
      header = buffer.header();
      buffer.pin();
      return storageNs(saving().persistNs(order.shards()));
    }

    private long end(String problem) {
      node.tell(new AgentEvent.Salvaged(order.order(), problem));
      return DONE;
    }
  }

  private final class Push extends OfSnapshot {
    private final Queue<ToAgent.Peer> peers;
    private Arrivals.Arrival arrival; // null: none under way

    Push(AgentAction.Push a) {
      super(a.worker(), a.generation(), a.step(), Medium.MEMORY);
      this.peers = new ArrayDeque<>(a.peers());
    }

    @Override
    long goOn(Buffer from) {
      if (arrival != null) {
        String problem = arrival.complete(from);
        arrival = null;
        if (!problem.isEmpty()) {
          return end(problem);
        }
      }
      var peer = peers.poll();
      if (peer == null) {
        return end("");
      }
      var offered = cluster.node(peer.node()).arrivals().newer(node, name(), from);
      arrival = offered.arrival();
      if (arrival != null) {
        return saving().pushNs();
      }
      return offered.problem().isEmpty() ? goOn(from) : end(offered.problem());
    }
  }

  private final class Fetch implements Errand {
    private final ToAgent.Fetch order;
    private final Queue<ToAgent.ShardAt> wanted;
    private SimulatedNode holder; // of the one that is being fetched
    private Buffer source;
    private Arrivals.Arrival arrival;

    Fetch(ToAgent.Fetch order) {
      this.order = order;
      this.wanted = new ArrayDeque<>(order.wanted());
    }

    @Override
    public long next() {
      if (arrival != null) {
        source.unpin();
        String problem = arrival.complete(source);
        arrival = null;
        if (!problem.isEmpty()) {
          return failed(holder, problem);
        }
        node.tell(new AgentEvent.SnapshotsArriving(order.generation().number()));
      }
      var next = wanted.poll();
      if (next == null) {
        return end(AgentEvent.SnapshotsFetched.all(order.generation().number()));
      }
      return here(next.shard()) ? next() : fetch(next);
    }

    private boolean here(int shard) {
      return memory.find(order.savedBy().number(), order.step()).stream()
          .anyMatch(buffer -> is(buffer, shard) && !buffer.damaged());
    }

    private boolean is(Buffer buffer, int shard) {
      return buffer.header().shard() == shard && buffer.header().shards() == order.shards();
    }

    private long fetch(ToAgent.ShardAt next) {
      holder = cluster.node(next.holder().node());
      if (!holder.reachable() || !node.reachable()) {
        return failed(holder, "it does not answer");
      }
      var found =
          holder.memory().find(order.savedBy().number(), order.step()).stream()
              .filter(buffer -> is(buffer, next.shard()))
              .findFirst();
      if (found.isEmpty()) {
        return failed(holder, "it does not have shard " + next.shard());
      }
      source = found.get();
      var offered = arrivals.any(holder, holder.memory().nameOf(source), source);
      arrival = offered.arrival();
      if (arrival == null) {
        return offered.problem().isEmpty() ? next() : failed(holder, offered.problem());
      }
      source.pin();
      return saving().pushNs();
    }

    private long failed(SimulatedNode from, String problem) {
      String text = "node " + from.id() + ": " + problem;
      return end(new AgentEvent.SnapshotsFetched(order.generation().number(), from.id(), text));
    }

    private long end(AgentEvent.SnapshotsFetched answer) {
      node.tell(answer);
      return DONE;
    }
  }

  private final class Listing implements Errand {
    private boolean begun;

    @Override
    public long next() {
      if (!begun) {
        begun = true;
        return storageNs(COMMIT_NS);
      }
      var stored =
          storage().all().stream()
              .map(c -> new ToMaster.Stored(new Generation(c.generation()), c.step()))
              .toList();
      node.tell(
          storage().out()
              ? new AgentEvent.CheckpointsListed(List.of(), "the storage does not answer")
              : new AgentEvent.CheckpointsListed(stored, ""));
      return DONE;
    }
  }

  private final class Commit implements Errand {
    private final AgentAction.CommitCheckpoint a;
    private boolean begun;

    Commit(AgentAction.CommitCheckpoint a) {
      this.a = a;
    }

    @Override
    public long next() {
      if (!begun) {
        begun = true;
        return storageNs(COMMIT_NS);
      }
      String problem =
          storage().out()
              ? "the storage does not answer"
              : storage().commit(a.step(), a.generation(), a.shards(), saving().settings());
      storage()
          .read(a.step())
          .filter(c -> problem.isEmpty())
          .ifPresent(c -> cluster.listener().checkpointed(cluster.nowNs(), c));
      node.tell(new AgentEvent.CheckpointCommitted(a.generation(), a.step(), problem));
      return DONE;
    }
  }
}
