package dev.muster.worker.agent;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * This node's part in the checkpoints of the current generation: whose snapshots go to storage and
 * to peers, and which older ones are of no use any more.
 *
 * <p>Of a replicated state one worker of the node saves for all; of a sharded one, each its own.
 */
final class CheckpointDuty {
  /**
   * Once a member begins its second save of a generation, all have completed the first: a step is
   * agreed only after the save before it. So nobody goes back behind this generation any more.
   */
  private static final int SAVES_UNTIL_SWEEP = 2;

  /**
   * What has arrived everywhere twice in this generation needs no copies of earlier ones. Orders do
   * not count: one may be there because a node was past the step before.
   */
  private static final int ROUNDS_UNTIL_SWEEP = 2;

  private final NodeId node;
  private final MasterLink link;
  private final Delivery storage = new Delivery(Medium.STORAGE, new ToStorage());
  private final Delivery peers = new Delivery(Medium.MEMORY, new ToPeers());
  private final Map<WorkerId, Long> saved = new TreeMap<>(); // newest step, in this generation
  private final SaveCosts costs = new SaveCosts();
  private LocalGroup group; // null when none is active
  private List<ToAgent.Peer> receivers = List.of();
  private boolean sharded;
  private String unable = ""; // why a member saves no more in this generation
  private int saves; // of the first saver, in this generation
  private boolean swept; // copies of earlier generations, in this one

  CheckpointDuty(NodeId node, MasterLink link) {
    this.node = node;
    this.link = link;
  }

  /** A worker said what kind of state it holds; all of a job hold the same kind. */
  void ready(FromWorker.Ready ready) {
    sharded |= ready.sharded();
  }

  void entered(LocalGroup next) {
    ended();
    group = next;
    saved.clear();
    costs.forget();
    saves = 0;
    swept = false;
    unable = "";
  }

  /** Nothing more of this group is sent anywhere. */
  void ended() {
    group = null;
    storage.stop();
    peers.stop();
  }

  /** How often this local member saves; 0: never. */
  int saveEvery(int localRank) {
    return sharded || localRank == 0 ? group.start().saveEvery() : 0;
  }

  int shard(Member member) {
    return sharded ? member.rank() : group.position();
  }

  int shards() {
    return sharded ? group.worldSize() : group.nodes();
  }

  void saved(WorkerId worker, FromWorker.Saved message, Effects<AgentEvent> fx) {
    if (!current(message.generation()) || !savers().contains(worker)) {
      return;
    }
    saved.put(worker, message.step());
    sweepWhenDue(worker, fx);
    costs
        .saved(worker, worker.equals(savers().getFirst()), message)
        .map(c -> new ToMaster.SaveCost(node, group.generation(), c.blockedNs(), c.stepNs()))
        .ifPresent(told -> link.tell(told, fx));
    if (message.step() == link.terms().job().steps() && settings().persists()) {
      storage.aim(message.step(), savers(), saved, fx); // the last one needs no order
    }
    storage.saved(worker, message.step(), fx);
    peers.saved(worker, message.step(), fx);
  }

  /** What was ordered, and what will be, fails at once: nobody waits for what does not come. */
  void saveFailed(WorkerId worker, FromWorker.SaveFailed message, Effects<AgentEvent> fx) {
    if (!current(message.generation()) || !savers().contains(worker)) {
      return;
    }
    unable = "worker " + worker + " cannot save step " + message.step() + ": " + message.problem();
    fx.note("snapshot.failed", unable);
    if (message.step() == link.terms().job().steps() && settings().persists()) {
      storage.aim(message.step(), savers(), saved, fx);
    }
    storage.cannot(worker, unable, fx);
    peers.cannot(worker, unable, fx);
  }

  /** Whoever saves does so more often or less from some save on. */
  void saveEvery(ToAgent.SaveEvery order, Effects<AgentEvent> fx) {
    if (current(order.generation().number())) {
      var told = new ToWorker.SaveEvery(order.generation().number(), order.steps());
      savers().forEach(worker -> fx.perform(new AgentAction.Tell(worker, told)));
    }
  }

  private void sweepWhenDue(WorkerId worker, Effects<AgentEvent> fx) {
    if (worker.equals(savers().getFirst()) && ++saves == SAVES_UNTIL_SWEEP) {
      fx.perform(
          new AgentAction.SweepSnapshots(group.members().stream().map(Member::worker).toList()));
    }
  }

  void persist(ToAgent.Persist order, Effects<AgentEvent> fx) {
    aim(storage, order.generation(), order.step(), fx);
  }

  void copy(ToAgent.Copy order, Effects<AgentEvent> fx) {
    receivers = order.peers();
    if (current(order.generation().number()) && !swept && order.completed() >= ROUNDS_UNTIL_SWEEP) {
      swept = true;
      fx.perform(new AgentAction.SweepCopies(order.generation().number()));
    }
    aim(peers, order.generation(), order.step(), fx);
  }

  private void aim(Delivery delivery, Generation generation, long step, Effects<AgentEvent> fx) {
    if (current(generation.number()) && !unable.isEmpty()) {
      answer(delivery.to(), generation, step, unable, false, fx);
    } else if (current(generation.number()) && !savers().isEmpty()) {
      delivery.aim(step, savers(), saved, fx);
    } else {
      answer(delivery.to(), generation, step, "not in a group of this generation", false, fx);
    }
  }

  void written(AgentEvent.ShardWritten event, Effects<AgentEvent> fx) {
    if (current(event.generation())) {
      (event.to() == Medium.STORAGE ? storage : peers).arrived(event, fx);
    }
  }

  private void answer(
      Medium to,
      Generation generation,
      long step,
      String problem,
      boolean passed,
      Effects<AgentEvent> fx) {
    if (!problem.isEmpty()) {
      fx.note(
          "snapshot.unsent",
          "to=" + to + " step=" + step + " generation=" + generation + " reason=" + problem);
    }
    link.tell(new ToMaster.ShardsWritten(node, generation, step, to, problem, passed), fx);
  }

  /**
   * Of a group that has ended, maybe long ago: what is asked for is a matter of this node's memory.
   */
  void salvage(ToAgent.Salvage order, Effects<AgentEvent> fx) {
    fx.perform(new AgentAction.Salvage(order, link.terms().job()));
  }

  /** Lost without a link: the master orders it again. */
  void salvaged(AgentEvent.Salvaged event, Effects<AgentEvent> fx) {
    link.tell(new ToMaster.Salvaged(node, event.order(), event.problem()), fx);
  }

  void commit(ToAgent.CommitCheckpoint order, Effects<AgentEvent> fx) {
    fx.perform(
        new AgentAction.CommitCheckpoint(
            order.generation().number(), order.step(), order.shards(), link.terms().job()));
  }

  void committed(AgentEvent.CheckpointCommitted event, Effects<AgentEvent> fx) {
    link.tell(
        new ToMaster.CheckpointCommitted(
            node, new Generation(event.generation()), event.step(), event.problem()),
        fx);
  }

  void list(Effects<AgentEvent> fx) {
    fx.perform(new AgentAction.ListCheckpoints(link.terms().job()));
  }

  void listed(AgentEvent.CheckpointsListed event, Effects<AgentEvent> fx) {
    link.tell(new ToMaster.CheckpointsListed(node, event.stored(), event.problem()), fx);
  }

  private boolean current(long generation) {
    return group != null && group.generation().number() == generation;
  }

  /** The local members that save, in rank order. */
  private List<WorkerId> savers() {
    var savers = new ArrayList<WorkerId>();
    for (Member member : group.members()) {
      if (saveEvery(savers.size()) > 0 && (sharded || savers.isEmpty())) {
        savers.add(member.worker());
      }
    }
    return savers;
  }

  private JobSpec.Checkpoint settings() {
    return link.terms().job().checkpoint();
  }

  private final class ToStorage implements Delivery.Port {
    @Override
    public void send(WorkerId worker, long step, Effects<AgentEvent> fx) {
      fx.perform(new AgentAction.Persist(worker, group.generation().number(), step));
    }

    @Override
    public void answer(long step, String problem, boolean passed, Effects<AgentEvent> fx) {
      CheckpointDuty.this.answer(Medium.STORAGE, group.generation(), step, problem, passed, fx);
    }
  }

  private final class ToPeers implements Delivery.Port {
    @Override
    public void send(WorkerId worker, long step, Effects<AgentEvent> fx) {
      fx.perform(new AgentAction.Push(worker, group.generation().number(), step, receivers));
    }

    @Override
    public void answer(long step, String problem, boolean passed, Effects<AgentEvent> fx) {
      CheckpointDuty.this.answer(Medium.MEMORY, group.generation(), step, problem, passed, fx);
    }
  }
}
