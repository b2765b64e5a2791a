package dev.muster.worker.agent;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * This node's part in the checkpoints of the current generation: whose snapshots go to storage, and
 * which older ones are of no use any more.
 *
 * <p>Of a replicated state one worker of the node saves for all; of a sharded one, each its own.
 */
final class CheckpointDuty {
  private static final long NONE = -1;

  /**
   * Once a member begins its second save of a generation, all have completed the first: a step is
   * agreed only after the save before it. So nobody goes back behind this generation any more.
   */
  private static final int SAVES_UNTIL_SWEEP = 2;

  private final NodeId node;
  private final MasterLink link;
  private final Crew crew;
  private LocalGroup group; // null when none is active
  private boolean sharded;
  private final Map<WorkerId, Long> saved = new TreeMap<>(); // newest step, in this generation
  private long target = NONE; // step that is to go to storage
  private final TreeSet<WorkerId> unwritten = new TreeSet<>(); // shards of the target
  private int saves; // of the first saver, in this generation

  CheckpointDuty(NodeId node, MasterLink link, Crew crew) {
    this.node = node;
    this.link = link;
    this.crew = crew;
  }

  /** A worker said what kind of state it holds; all of a job hold the same kind. */
  void ready(FromWorker.Ready ready) {
    sharded |= ready.sharded();
  }

  boolean sharded() {
    return sharded;
  }

  void entered(LocalGroup next) {
    group = next;
    saved.clear();
    saves = 0;
    forgetTarget();
  }

  /** Nothing more of this group goes to storage. */
  void ended() {
    group = null;
    forgetTarget();
  }

  /** How often this local member saves; 0: never. */
  int saveEvery(int localRank) {
    return sharded || localRank == 0 ? settings().memoryEvery() : 0;
  }

  int shard(Member member) {
    return sharded ? member.rank() : group.form().group().positionOf(node);
  }

  int shards() {
    return sharded ? group.worldSize() : group.form().group().nodes().size();
  }

  void saved(WorkerId worker, FromWorker.Saved message, Effects<AgentEvent> fx) {
    if (!current(message.generation()) || !savers().contains(worker)) {
      return;
    }
    saved.put(worker, message.step());
    sweepWhenDue(worker, fx);
    if (message.step() == link.terms().job().steps() && settings().persists()) {
      aim(message.step()); // the last one needs no order
    }
    consider(worker, fx);
  }

  private void sweepWhenDue(WorkerId worker, Effects<AgentEvent> fx) {
    if (worker.equals(savers().getFirst()) && ++saves == SAVES_UNTIL_SWEEP) {
      fx.perform(
          new AgentAction.SweepSnapshots(group.members().stream().map(Member::worker).toList()));
    }
  }

  void persist(ToAgent.Persist order, Effects<AgentEvent> fx) {
    if (!current(order.generation().number()) || savers().isEmpty()) {
      answer(order.generation(), order.step(), "not in a group of this generation", false, fx);
      return;
    }
    aim(order.step());
    savers().forEach(worker -> consider(worker, fx));
  }

  private void aim(long step) {
    if (target != step) {
      target = step;
      unwritten.clear();
      unwritten.addAll(savers());
    }
  }

  private void consider(WorkerId worker, Effects<AgentEvent> fx) {
    long step = saved.getOrDefault(worker, NONE);
    if (target == NONE || step < target) {
      return;
    }
    if (step == target) {
      fx.perform(new AgentAction.Persist(worker, group.generation().number(), step));
    } else if (unwritten.contains(worker)) {
      answer(group.generation(), target, "its snapshot is gone: newestStep=" + step, true, fx);
      forgetTarget();
    }
  }

  void written(AgentEvent.ShardWritten event, Effects<AgentEvent> fx) {
    if (!current(event.generation()) || event.step() != target || unwritten.isEmpty()) {
      return;
    }
    if (!event.problem().isEmpty()) {
      answer(group.generation(), target, event.problem(), event.passed(), fx);
      forgetTarget();
    } else if (unwritten.remove(event.worker()) && unwritten.isEmpty()) {
      answer(group.generation(), target, "", false, fx);
    }
  }

  private void forgetTarget() {
    target = NONE;
    unwritten.clear();
  }

  private void answer(
      Generation generation, long step, String problem, boolean passed, Effects<AgentEvent> fx) {
    if (!problem.isEmpty()) {
      fx.note(
          "checkpoint.unwritten",
          "step=" + step + " generation=" + generation + " reason=" + problem);
    }
    link.tell(new ToMaster.ShardsWritten(node, generation, step, problem, passed), fx);
  }

  void commit(ToAgent.CommitCheckpoint order, Effects<AgentEvent> fx) {
    fx.perform(
        new AgentAction.CommitCheckpoint(
            order.generation().number(), order.step(), order.shards()));
  }

  void committed(AgentEvent.CheckpointCommitted event, Effects<AgentEvent> fx) {
    link.tell(
        new ToMaster.CheckpointCommitted(
            node, new Generation(event.generation()), event.step(), event.problem()),
        fx);
  }

  private boolean current(long generation) {
    return group != null && group.generation().number() == generation;
  }

  /** The local members that save, in rank order. */
  private List<WorkerId> savers() {
    if (settings().memoryEvery() == 0) {
      return List.of();
    }
    var savers = new ArrayList<WorkerId>();
    for (Member member : group.members()) {
      if (sharded || savers.isEmpty()) {
        savers.add(member.worker());
      }
    }
    return savers;
  }

  private JobSpec.Checkpoint settings() {
    return link.terms().job().checkpoint();
  }
}
