package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Choice;
import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Which step a new group goes on from, and where its members take the state: from members that hold
 * it, else the newest of memory and storage, else training starts again.
 *
 * <p>A replicated state is read once, by the source, and passed on from there. Of a sharded one
 * each member reads its boxes, unless nobody has moved and all hold the same step.
 */
final class StartChoice {
  /**
   * @param order that forms the group
   * @param saved what is read, null when nothing is
   * @param fetches by node, what lies elsewhere
   */
  record Start(ToAgent.Form order, Choice saved, SortedMap<NodeId, ToAgent.Fetch> fetches) {
    private static Start unread(ToAgent.Form order) {
      return new Start(order, null, new TreeMap<>());
    }
  }

  private final JobState state;
  private final Group group;

  /**
   * @param group to be formed; the fleet's seats are its own already
   */
  StartChoice(JobState state, Group group) {
    this.state = state;
    this.group = group;
  }

  Start choose(Group former) {
    var live = state.sharded ? inPlace(former) : fromMembers();
    var saved = state.checkpoints.newest(this::enough);
    return saved.isPresent() && saved.get().point().step() > live.startStep()
        ? fromSaved(saved.get())
        : Start.unread(live);
  }

  /**
   * The highest step any member holds wins; with none training starts again. One walk, as there may
   * be 100,000 members: whoever holds a higher step than all before makes these need the state.
   */
  private ToAgent.Form fromMembers() {
    long best = 0;
    int source = -1;
    var need = new ArrayList<Integer>();
    for (int rank = 0; rank < group.worldSize(); rank++) {
      long step = state.fleet.seat(rank).appliedStep();
      if (step > best) {
        need.clear();
        IntStream.range(0, rank).forEach(need::add);
        best = step;
        source = rank;
      } else if (step < best) {
        need.add(rank);
      }
    }
    return new ToAgent.Form(group, best, source, best == 0 ? List.of() : List.copyOf(need));
  }

  /** The shards of all members make up a state only where each has stayed what it was. */
  private ToAgent.Form inPlace(Group former) {
    long step = state.fleet.seat(0).appliedStep();
    boolean whole =
        former.members().equals(group.members())
            && IntStream.range(0, group.worldSize())
                .allMatch(rank -> state.fleet.seat(rank).appliedStep() == step);
    return new ToAgent.Form(group, whole ? Math.max(0, step) : 0, -1, List.of());
  }

  /** Whether these snapshots of a step are all that the members need, wherever they lie. */
  private boolean enough(SortedMap<NodeId, List<Snapshot>> holders) {
    var reachable = holders.keySet().stream().filter(this::reachable).toList();
    if (!state.sharded) {
      return !reachable.isEmpty();
    }
    var shards = new BitSet();
    int of = holders.values().iterator().next().getFirst().shards();
    reachable.forEach(node -> holders.get(node).forEach(s -> shards.set(s.shard())));
    return shards.cardinality() == of;
  }

  /** Its members read by themselves; others fetch from it. */
  private boolean reachable(NodeId node) {
    return group.spans(node) || !state.fleet.node(node).bulk().isEmpty();
  }

  private Start fromSaved(Choice saved) {
    int source = state.sharded ? -1 : source(saved);
    var form =
        new ToAgent.Form(
            group,
            saved.point().step(),
            source,
            IntStream.range(0, group.worldSize()).boxed().toList(),
            new ToAgent.Restore(saved.from(), saved.point().generation()));
    return new Start(form, saved, fetches(saved, source));
  }

  /** A member on a node that holds the state, if there is one. */
  private int source(Choice saved) {
    return saved.nodes().stream()
        .filter(group::spans)
        .findFirst()
        .map(node -> group.on(node).getFirst().rank())
        .orElse(0);
  }

  /** What lies elsewhere and is read by members of each node. */
  private SortedMap<NodeId, ToAgent.Fetch> fetches(Choice saved, int source) {
    var fetches = new TreeMap<NodeId, ToAgent.Fetch>();
    if (saved.from() == ToAgent.Medium.MEMORY) {
      for (var node : group.nodes()) {
        var needs = new Needs(saved, node);
        var wanted = needs.of(group, source);
        if (!wanted.isEmpty()) {
          var point = saved.point();
          fetches.put(
              node,
              new ToAgent.Fetch(
                  group.generation(), point.generation(), point.step(), needs.shards, wanted));
        }
      }
    }
    return fetches;
  }

  /** The shards that members of one node read and that it does not hold. */
  private final class Needs {
    private final SortedMap<NodeId, List<Snapshot>> holders;
    private final NodeId node;
    private final BitSet held = new BitSet();
    private final int shards;

    Needs(Choice saved, NodeId node) {
      this.holders = state.checkpoints.holders(saved.point());
      this.node = node;
      this.shards = holders.values().iterator().next().getFirst().shards();
      holders.getOrDefault(node, List.of()).forEach(s -> held.set(s.shard()));
    }

    List<ToAgent.ShardAt> of(Group group, int source) {
      var needed = new BitSet();
      if (state.sharded && shards == group.worldSize()) {
        group.on(node).forEach(member -> needed.set(member.rank()));
      } else if (state.sharded) {
        needed.set(0, shards); // boxes of another layout may lie anywhere
      } else if (held.isEmpty() && group.members().get(source).worker().node().equals(node)) {
        needed.set(holders.get(firstReachable()).getFirst().shard());
      }
      needed.andNot(held);
      return needed.stream().mapToObj(this::at).toList();
    }

    private ToAgent.ShardAt at(int shard) {
      var holder =
          holders.entrySet().stream()
              .filter(e -> !state.fleet.node(e.getKey()).bulk().isEmpty())
              .filter(e -> e.getValue().stream().anyMatch(s -> s.shard() == shard))
              .findFirst()
              .orElseThrow(() -> new IllegalStateException("no holder of shard " + shard));
      return new ToAgent.ShardAt(shard, state.fleet.node(holder.getKey()).peerAddress());
    }

    private NodeId firstReachable() {
      return holders.keySet().stream()
          .filter(n -> !state.fleet.node(n).bulk().isEmpty())
          .findFirst()
          .orElseThrow();
    }
  }
}
