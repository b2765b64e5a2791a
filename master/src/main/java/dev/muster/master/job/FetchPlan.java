package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Point;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How the members of a new group come by a state that lies in the memory of nodes: each reads what
 * its own node holds, and its agent fetches the rest first. Only nodes that serve their snapshots
 * can be fetched from, and only they can fetch.
 */
final class FetchPlan {
  private final JobState state;
  private final Group group;
  private final SortedMap<NodeId, List<Snapshot>> holders;
  private final int shards;
  private final Map<Integer, NodeId> served = new HashMap<>(); // shard to its first such holder

  /**
   * @param holders of all snapshots of one step and generation; not empty
   */
  FetchPlan(JobState state, Group group, SortedMap<NodeId, List<Snapshot>> holders) {
    this.state = state;
    this.group = group;
    this.holders = holders;
    this.shards = holders.values().iterator().next().getFirst().shards();
    holders.forEach((node, held) -> {
      if (serves(node)) {
        held.forEach(snapshot -> served.putIfAbsent(snapshot.shard(), node));
      }
    });
  }

  private boolean serves(NodeId node) {
    return !state.fleet.node(node).bulk().isEmpty();
  }

  /** Whether every member gets all it needs. */
  boolean possible() {
    return state.sharded ? group.nodes().stream().allMatch(this::complete) : reader().isPresent();
  }

  private boolean complete(NodeId node) {
    var missing = missing(node);
    return missing.isEmpty() || serves(node) && missing.stream().allMatch(served::containsKey);
  }

  /** The rank that reads a replicated state and passes it on. */
  int source() {
    return reader().orElse(0);
  }

  /** A member on a node that holds the state, or on one that can fetch it. */
  private OptionalInt reader() {
    var holder = holders.keySet().stream().filter(group::spans).findFirst();
    if (holder.isPresent()) {
      return OptionalInt.of(group.on(holder.get()).getFirst().rank());
    }
    return served.isEmpty()
        ? OptionalInt.empty()
        : group.members().stream()
            .filter(member -> serves(member.worker().node()))
            .mapToInt(Member::rank)
            .findFirst();
  }

  /** By node, what lies elsewhere and is read by members of the node; only if it is possible. */
  SortedMap<NodeId, ToAgent.Fetch> fetches(Point point) {
    var fetches = new TreeMap<NodeId, ToAgent.Fetch>();
    for (var node : group.nodes()) {
      var wanted = missing(node).stream().mapToObj(this::at).toList();
      if (!wanted.isEmpty()) {
        fetches.put(
            node,
            new ToAgent.Fetch(
                group.generation(), point.generation(), point.step(), shards, wanted));
      }
    }
    return fetches;
  }

  /** The shards that members of a node read and that it does not hold. */
  private BitSet missing(NodeId node) {
    var needed = new BitSet();
    if (state.sharded && shards == group.worldSize()) {
      group.on(node).forEach(member -> needed.set(member.rank()));
    } else if (state.sharded) {
      needed.set(0, shards); // boxes of another layout may lie anywhere
    } else if (!holders.containsKey(node)
        && group.members().get(source()).worker().node().equals(node)) {
      needed.set(first()); // each of them is the whole state
    }
    holders.getOrDefault(node, List.of()).forEach(snapshot -> needed.clear(snapshot.shard()));
    return needed;
  }

  private int first() {
    var holder = holders.keySet().stream().filter(this::serves).findFirst().orElseThrow();
    return holders.get(holder).getFirst().shard();
  }

  private ToAgent.ShardAt at(int shard) {
    return new ToAgent.ShardAt(shard, state.fleet.node(served.get(shard)).peerAddress());
  }
}
