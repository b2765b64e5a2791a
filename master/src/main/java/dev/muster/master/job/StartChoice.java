package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Choice;
import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
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
   */
  record Start(ToAgent.Form order, Choice saved) {}

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
    var saved = state.checkpoints.newest(this::readable);
    return saved.isPresent() && saved.get().point().step() > live.startStep()
        ? new Start(fromSaved(saved.get()), saved.get())
        : new Start(live, null);
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

  /** Whether the members could read these snapshots of a step, each on its own node. */
  private boolean readable(SortedMap<NodeId, List<Snapshot>> holders) {
    return state.sharded
        ? IntStream.range(0, group.worldSize()).allMatch(rank -> ownShard(holders, rank))
        : source(holders.keySet().stream().toList()).isPresent();
  }

  private boolean ownShard(SortedMap<NodeId, List<Snapshot>> holders, int rank) {
    var node = group.members().get(rank).worker().node();
    return holders.getOrDefault(node, List.of()).stream()
        .anyMatch(s -> s.shard() == rank && s.shards() == group.worldSize());
  }

  private Optional<Integer> source(List<NodeId> nodes) {
    return nodes.stream()
        .filter(group::spans)
        .findFirst()
        .map(node -> group.on(node).getFirst().rank());
  }

  private ToAgent.Form fromSaved(Choice saved) {
    int source =
        state.sharded
            ? -1
            : saved.from() == ToAgent.Medium.STORAGE ? 0 : source(saved.nodes()).orElseThrow();
    return new ToAgent.Form(
        group,
        saved.point().step(),
        source,
        IntStream.range(0, group.worldSize()).boxed().toList(),
        new ToAgent.Restore(saved.from(), saved.point().generation()));
  }
}
