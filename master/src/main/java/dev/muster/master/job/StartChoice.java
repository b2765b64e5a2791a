package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Choice;
import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.ArrayList;
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

    private Start over(List<ToAgent.HostPart> hosts, int saveEvery) {
      return new Start(order.over(hosts).saving(saveEvery), saved, fetches);
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

  Start choose() {
    var live = state.sharded ? inPlace() : fromMembers();
    var saved = state.checkpoints.newest(this::enough);
    var start =
        saved.isPresent() && saved.get().point().step() > live.startStep()
            ? fromSaved(saved.get())
            : Start.unread(live);
    return start.over(HostParts.of(group, state.fleet), state.saves.every());
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
  private ToAgent.Form inPlace() {
    long step = state.fleet.seat(0).appliedStep();
    boolean whole =
        state.holdsWhole()
            && IntStream.range(0, group.worldSize())
                .allMatch(rank -> state.fleet.seat(rank).appliedStep() == step);
    return new ToAgent.Form(group, whole ? Math.max(0, step) : 0, -1, List.of());
  }

  /**
   * Whether these snapshots of a step are all that the members need, and come to where they are.
   */
  private boolean enough(SortedMap<NodeId, List<Snapshot>> holders) {
    return new FetchPlan(state, group, holders).possible();
  }

  private Start fromSaved(Choice saved) {
    boolean memory = saved.from() == ToAgent.Medium.MEMORY;
    var plan =
        memory ? new FetchPlan(state, group, state.checkpoints.holders(saved.point())) : null;
    int reader = memory ? plan.source() : 0;
    var form =
        new ToAgent.Form(
            group,
            saved.point().step(),
            state.sharded ? -1 : reader,
            IntStream.range(0, group.worldSize()).boxed().toList(),
            new ToAgent.Restore(saved.from(), saved.point().generation()));
    return new Start(form, saved, memory ? plan.fetches(saved.point()) : new TreeMap<>());
  }
}
