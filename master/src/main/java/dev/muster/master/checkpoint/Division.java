package dev.muster.master.checkpoint;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.message.ToAgent.Cut;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who writes which shards of a state that lies in the memory of nodes to storage; pure. Each shard
 * is written by a node that holds its snapshot, its own or a peer's copy; where every snapshot is
 * the whole state, by any other if none does. Nodes get as few as possible each.
 */
public final class Division {
  private final SortedMap<NodeId, List<Snapshot>> holders;
  private final boolean sharded;
  private final Map<Integer, List<NodeId>> byShard = new HashMap<>(); // looked up, never walked
  private final SortedMap<NodeId, List<Cut>> cuts = new TreeMap<>();

  private Division(SortedMap<NodeId, List<Snapshot>> holders, boolean sharded) {
    this.holders = holders;
    this.sharded = sharded;
    holders.forEach((node, held) ->
        held.forEach(s -> byShard.computeIfAbsent(s.shard(), i -> new ArrayList<>()).add(node)));
  }

  /**
   * Empty when there is a shard that nobody can write.
   *
   * @param holders of the snapshots of one step and generation
   * @param sharded each snapshot is a part of the state only
   * @param written shards that are on storage already
   */
  public static Optional<SortedMap<NodeId, List<Cut>>> of(
      SortedMap<NodeId, List<Snapshot>> holders, boolean sharded, BitSet written) {
    var division = new Division(holders, sharded);
    int shards = shards(holders);
    for (int shard = written.nextClearBit(0); shard < shards; ) {
      if (!division.give(shard)) {
        return Optional.empty();
      }
      shard = written.nextClearBit(shard + 1);
    }
    return holders.isEmpty() ? Optional.empty() : Optional.of(division.cuts);
  }

  /** How many make up the state; 0 without a holder. */
  public static int shards(SortedMap<NodeId, List<Snapshot>> holders) {
    return holders.isEmpty() ? 0 : holders.values().iterator().next().getFirst().shards();
  }

  private boolean give(int shard) {
    boolean itself = byShard.containsKey(shard);
    if (!itself && sharded) {
      return false;
    }
    var node = leastBusy(itself ? byShard.get(shard) : holders.keySet());
    int snapshot = itself ? shard : holders.get(node).getFirst().shard();
    cuts.computeIfAbsent(node, n -> new ArrayList<>()).add(new Cut(shard, snapshot));
    return true;
  }

  private NodeId leastBusy(Collection<NodeId> among) {
    return among.stream()
        .min(Comparator.comparingInt(node -> cuts.getOrDefault(node, List.of()).size()))
        .orElseThrow();
  }
}
