package dev.muster.master.job;

import dev.muster.master.budget.Failure;
import dev.muster.master.budget.FailureKind;
import dev.muster.master.budget.PeerLoss;
import dev.muster.master.job.JobState.Phase;
import dev.muster.master.rendezvous.Rendezvous;
import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A group of plain commands: ranks are given at launch and cannot change, so one failure ends and
 * restarts them all, as torchrun does. Exit code 0 of every rank ends the job.
 */
final class CommandGroup implements GroupLife {
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  private final JobState state;
  private final Ending ending;
  private final CommandStore store;
  private int restarts = -1;

  /** A rank that lost a peer, until the peer is found or all have ended; null: none. */
  private Failure bystander;

  private String bystanderText = "";
  private long revokedNs;

  CommandGroup(JobState state, Ending ending) {
    this.state = state;
    this.ending = ending;
    this.store = new CommandStore(state);
  }

  @Override
  public void gather(Effects<JobEvent> fx) {
    if (state.phase == Phase.JOINING && !nodesUsable()) {
      store.close(fx); // a node of the group went before anything ran
      state.phase = Phase.GATHERING;
    }
    if (state.phase != Phase.GATHERING || !state.fleet.isEmpty()) {
      return;
    }
    long heldBackNs = store.heldBackNs(fx.nowNs());
    if (heldBackNs > 0) {
      fx.timer("recheck", heldBackNs, new JobEvent.Recheck());
      return;
    }
    var places = places(fx.nowNs());
    var view =
        new Regroup.View(
            0,
            places.size(),
            free -> sinceNs(places, free),
            size -> places.subList(0, size),
            0,
            true,
            state.gatheringSinceNs);
    switch (Regroup.decide(view, state.config.regroup(), fx.nowNs())) {
      case Rendezvous.Decision.Form(var workers, var reason) -> form(workers, reason, fx);
      case Rendezvous.Decision.Wait(var afterNs, var reason) -> {
        state.waiting(reason, fx);
        fx.timer("recheck", afterNs, new JobEvent.Recheck());
      }
      case Rendezvous.Decision.GiveUp(var reason) ->
          ending.giveUp("no group: generation=" + state.highest + " " + reason, fx);
    }
  }

  /** A worker id for every free slot, spread over the nodes. */
  private List<WorkerId> places(long nowNs) {
    int share = state.shareOfNode(state.config.job().workers(), nowNs);
    var free = new ArrayList<WorkerId>();
    for (var node : state.fleet.nodes()) {
      for (int slot = 0; node.usable() && slot < Math.min(node.slots(), share); slot++) {
        free.add(new WorkerId(node.id, node.nextWorkerNumber() + slot));
      }
    }
    return Seating.balanced(node -> 0, free);
  }

  /** Since when so many of the places are free: a place is when its node registers. */
  private long sinceNs(List<WorkerId> places, int free) {
    return places.stream()
        .mapToLong(w -> state.fleet.node(w.node()).registeredNs())
        .sorted()
        .skip(free - 1)
        .findFirst()
        .orElseThrow();
  }

  private void form(List<WorkerId> workers, String reason, Effects<JobEvent> fx) {
    var sorted = workers.stream().sorted().toList();
    var members = new ArrayList<Member>();
    for (int rank = 0; rank < sorted.size(); rank++) {
      members.add(new Member(sorted.get(rank), rank));
    }
    state.highest = state.highest.next();
    state.regroup(new Group(state.highest, members));
    state.phase = Phase.ORDERED;
    state.awaitDurable(state.highest);
    String text = "generation %s: %d ranks: %s".formatted(state.highest, members.size(), reason);
    fx.note(
        new Observation(
            "generation.formed",
            text,
            Map.of(
                "generation",
                state.highest.number(),
                "members",
                Snapshots.members(state.group()))));
  }

  @Override
  public void durable(Generation generation, Effects<JobEvent> fx) {
    if (state.phase != Phase.ORDERED || !generation.equals(state.group().generation())) {
      return;
    }
    if (!nodesUsable()) {
      regather(fx);
    } else if (store.wanted()) {
      state.phase = Phase.JOINING;
      store.open(fx);
    } else {
      launch("", fx);
    }
  }

  private boolean nodesUsable() {
    return state.group().nodes().stream().allMatch(n -> state.fleet.node(n).usable());
  }

  private void regather(Effects<JobEvent> fx) {
    state.phase = Phase.GATHERING;
    gather(fx);
  }

  @Override
  public void storeOpened(ToMaster.StoreOpened opened, Effects<JobEvent> fx) {
    gather(fx);
    if (!store.expected(opened, fx)) {
      return;
    }
    if (!opened.problem().isEmpty()) {
      storeFailed(opened.problem(), fx);
    } else {
      store.opened();
      launch(opened.endpoint(), fx);
    }
  }

  private void storeFailed(String problem, Effects<JobEvent> fx) {
    String text = store.failed(problem, fx.nowNs());
    fx.note("store.failed", text);
    var rankZero = state.group().members().getFirst().worker();
    var failure =
        new Failure(
            rankZero,
            0,
            state.group().generation(),
            -1,
            FailureKind.INFRASTRUCTURE,
            Exit.FENCED,
            "");
    if (ending.charge(failure, text, fx)) {
      store.close(fx);
      regather(fx);
    }
  }

  /**
   * @param endpoint of the store; empty: rank 0 serves it
   */
  private void launch(String endpoint, Effects<JobEvent> fx) {
    restarts++;
    state.phase = Phase.TRAINING;
    state.detail("running", fx);
    for (var member : state.group().members()) {
      var worker = state.fleet.add(member.worker(), fx.nowNs());
      state.fleet.ready(worker, true, worker.readyNs());
      state.order(
          fx, member.worker().node(), new ToAgent.Launch(member.worker(), place(member, endpoint)));
    }
  }

  private ToAgent.Place place(Member member, String endpoint) {
    var node = member.worker().node();
    var local = state.group().on(node);
    return new ToAgent.Place(
        state.group().generation(),
        member.rank(),
        state.group().worldSize(),
        local.indexOf(member),
        local.size(),
        state.group().positionOf(node),
        state.group().nodes().size(),
        restarts,
        endpoint);
  }

  @Override
  public void exited(ToMaster.WorkerExited exited, Fleet.Worker worker, Effects<JobEvent> fx) {
    var rank = state.group().rankOf(worker.id);
    String text =
        "rank %s (worker %s) ended with %s"
            .formatted(rank.map(String::valueOf).orElse("?"), worker.id, exited.exit());
    fx.note("worker.exited", text);
    var kind = FailureKind.classify(exited.exit(), exited.error(), worker.condemned());
    if (kind.isPresent() && state.phase == Phase.TRAINING) {
      failed(failure(exited, worker, kind.get()), text, fx);
    } else {
      if (bystander != null && !orderedEnd(exited.exit(), fx.nowNs())) {
        FailureKind.classify(exited.exit(), exited.error(), false)
            .ifPresent(own -> culprit(failure(exited, worker, own), text, fx));
      }
      considerGone(fx);
    }
  }

  private Failure failure(ToMaster.WorkerExited exited, Fleet.Worker worker, FailureKind kind) {
    return new Failure(
        worker.id,
        state.group().rankOf(worker.id).orElse(-1),
        state.group().generation(),
        -1,
        kind,
        exited.exit(),
        exited.error());
  }

  /** What our own order to end looks like: SIGTERM, and after the grace SIGKILL. */
  private boolean orderedEnd(Exit exit, long nowNs) {
    boolean graceOver = nowNs - revokedNs >= state.config.job().graceNs();
    boolean terminated = exit.signal() == SIGTERM || exit.code() == 128 + SIGTERM;
    return exit.success() || terminated || graceOver && exit.signal() == SIGKILL;
  }

  /** Somebody whom a bystander may have lost: that is the failure. */
  private void culprit(Failure failure, String text, Effects<JobEvent> fx) {
    if (PeerLoss.in(failure.error())) {
      return;
    }
    var later = "; rank %d, which ended before, only lost its peer".formatted(bystander.rank());
    bystander = null;
    ending.charge(failure, text + later, fx);
  }

  @Override
  public void lost(Fleet.Worker worker, String text, long detectNs, Effects<JobEvent> fx) {
    if (bystander != null) {
      culprit(lost(worker), text, fx);
    }
    if (worker.condemned() || state.phase != Phase.TRAINING) {
      considerGone(fx);
      return;
    }
    failed(lost(worker), text, fx);
  }

  private Failure lost(Fleet.Worker worker) {
    return new Failure(
        worker.id,
        state.group().rankOf(worker.id).orElse(-1),
        state.group().generation(),
        -1,
        FailureKind.INFRASTRUCTURE,
        Exit.signal(SIGKILL),
        "");
  }

  /** One that only lost a peer is charged once all have ended and nobody else was the cause. */
  private void failed(Failure failure, String text, Effects<JobEvent> fx) {
    if (PeerLoss.in(failure.error())) {
      bystander = failure;
      bystanderText = text;
    } else if (!ending.charge(failure, text, fx)) {
      return;
    }
    state.phase = Phase.REVOKING;
    revokedNs = fx.nowNs();
    fx.note(
        "generation.revoked",
        "generation %s ends: %s; all its ranks are restarted"
            .formatted(state.group().generation(), text));
    for (var worker : state.fleet.workers(w -> !w.condemned())) {
      end(worker, "rank " + failure.rank() + " failed", fx);
    }
    considerGone(fx);
  }

  private void end(Fleet.Worker worker, String reason, Effects<JobEvent> fx) {
    state.fleet.condemn(worker);
    state.order(
        fx, worker.id.node(), new ToAgent.Kill(worker.id, state.config.job().graceNs(), reason));
  }

  private void considerGone(Effects<JobEvent> fx) {
    boolean none = state.fleet.isEmpty();
    if (none && bystander != null) {
      var failure = bystander;
      bystander = null;
      if (!ending.charge(failure, bystanderText, fx)) {
        return;
      }
    }
    if (state.phase == Phase.REVOKING && none) {
      store.close(fx);
      state.phase = Phase.GATHERING;
      state.gatheringSinceNs = fx.nowNs();
    }
    if (state.phase == Phase.GATHERING) {
      gather(fx);
    } else if (state.phase == Phase.TRAINING && state.fleet.count().members() == 0) {
      ending.completed("all %d ranks exited with 0".formatted(state.group().worldSize()), fx);
    }
  }

  /** The former master's ranks are ended when their nodes come back, and started anew. */
  @Override
  public void masterReplaced(Effects<JobEvent> fx) {
    if (!state.group().isEmpty() && !state.ending()) {
      fx.note(
          "master.resumed",
          "master resumed: plain commands have no state to take over; they are restarted");
      state.phase = Phase.REVOKING;
    }
  }

  /** What it still runs of a group that is over is ended. */
  @Override
  public void nodeBack(NodeId node, ToMaster.Register register, Effects<JobEvent> fx) {
    for (var worker : state.fleet.on(state.fleet.node(node))) {
      if (state.phase != Phase.TRAINING || !state.group().contains(worker.id)) {
        end(worker, "its group is over", fx);
      }
    }
    considerGone(fx);
  }

  /** Plain commands report nothing but their exit. */
  @Override
  public void workerReady(WorkerId worker, Effects<JobEvent> fx) {}

  @Override
  public void hung(ToMaster.WorkerHung hung, Effects<JobEvent> fx) {}

  @Override
  public void revoked(ToMaster.Revoked revoked, Effects<JobEvent> fx) {}

  @Override
  public void reached(ToMaster.Reached reached, Effects<JobEvent> fx) {}

  /** The node may be gone, or the order or its answer was lost with a link. */
  @Override
  public void overdue(Generation generation, JobEvent.Wait awaited, Effects<JobEvent> fx) {
    gather(fx);
    if (awaited == JobEvent.Wait.STORE && store.opening(generation)) {
      storeFailed("no answer in " + CommandStore.OPEN_NS / 1_000_000_000L + " s", fx);
    }
  }

  @Override
  public void ranksMissing(ToMaster.RanksMissing told, Effects<JobEvent> fx) {
    store.missing(told, fx);
  }
}
