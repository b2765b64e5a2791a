package dev.muster.master.job;

import dev.muster.master.health.NodeState;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;

/**
 * Nodes and workers: who is there, who is silent, who is gone. Tells {@link GroupLife} what that
 * means for the group.
 */
final class Membership {
  private static final String HEALTH = "health";

  private final JobState state;
  private final GroupLife groupLife;
  private final Ending ending;

  Membership(JobState state, GroupLife groupLife, Ending ending) {
    this.state = state;
    this.groupLife = groupLife;
    this.ending = ending;
  }

  void started(JobEvent.Started started, Effects<JobEvent> fx) {
    state.incarnation = started.incarnation();
    state.committedStep = Math.max(state.committedStep, started.lastStep());
    state.gatheringSinceNs = fx.nowNs();
    for (var node : state.fleet.nodes()) {
      state.fleet.unlink(node); // of a former master's time: each has to come back
      state.health.heard(node.id, fx.nowNs());
      state.health.leased(
          node.id,
          fx.nowNs()); // the journal holds no beats: the former master may have renewed until
      // just now
      state.health.closed(node.id, fx.nowNs());
    }
    fx.timer(HEALTH, state.config.beatNs(), new JobEvent.HealthCheck());
    if (state.ending()) {
      ending.resume(fx);
      return;
    }
    state.drain.release(fx);
    if (started.resumed()) {
      groupLife.masterReplaced(fx);
    }
    groupLife.gather(fx);
  }

  void reopened(JobEvent.Reopened reopened, Effects<JobEvent> fx) {
    ending.reopen();
    state.drain.stopped(fx);
    fx.note("job.reopened", "the job had ended without its last step, and goes on");
    started(new JobEvent.Started(reopened.incarnation(), true, reopened.lastStep()), fx);
  }

  void heard(NodeId from, ToMaster message, Effects<JobEvent> fx) {
    var node = state.fleet.node(from);
    if (message instanceof ToMaster.Register register) {
      register(node, register, fx);
    } else if (!node.usable()) {
      refuse(from, message, fx);
    } else {
      accept(node, message, fx);
    }
  }

  /** Given up with its node; only that a worker has ended is of use: nobody waits for it then. */
  private void refuse(NodeId from, ToMaster message, Effects<JobEvent> fx) {
    fx.note(
        "message.refused",
        "refused: node=" + from + " is given up; message=" + message.getClass().getSimpleName());
    if (message instanceof ToMaster.WorkerExited exited) {
      state.hung.remove(exited.worker());
      if (state.lostHolders.ended(exited.worker())) {
        groupLife.gather(fx);
      }
    }
  }

  private void accept(Fleet.Node node, ToMaster message, Effects<JobEvent> fx) {
    state.health.heard(node.id, fx.nowNs());
    switch (message) {
      case ToMaster.Beat beat -> beat(node, beat, fx);
      case ToMaster.WorkerReady ready -> ready(ready, fx);
      case ToMaster.WorkerExited exited -> exited(exited, fx);
      case ToMaster.WorkerHung hung -> hung(hung, fx);
      case ToMaster.Revoked revoked -> {
        groupLife.revoked(revoked, fx);
        ending.salvage().revoked(revoked, fx);
      }
      case ToMaster.GroupDiagnosed diagnosed -> groupLife.diagnosed(diagnosed, fx);
      case ToMaster.Reached reached -> groupLife.reached(reached, fx);
      case ToMaster.Fetching fetching -> groupLife.fetching(fetching, fx);
      case ToMaster.RestoreFailed failed -> groupLife.restoreFailed(failed, fx);
      case ToMaster.ShardsWritten written -> groupLife.checkpoints().shardsWritten(written, fx);
      case ToMaster.SaveCost cost -> state.saves.told(cost, fx);
      case ToMaster.CheckpointCommitted committed -> {
        groupLife.checkpoints().committed(committed, fx);
        ending.salvage().committed(committed, fx);
      }
      case ToMaster.Salvaged salvaged -> ending.salvage().salvaged(salvaged, fx);
      case ToMaster.CheckpointsListed listed -> groupLife.checkpointsListed(listed, fx);
      case ToMaster.StoreOpened opened -> groupLife.storeOpened(opened, fx);
      case ToMaster.RanksMissing told -> groupLife.ranksMissing(told, fx);
      case ToMaster.TakeRange take -> {
        state.beat(node.id, fx.nowNs(), 0); // heard of, and not journaled
        groupLife.take(take, fx);
      }
      case ToMaster.DatasetRequest ask -> {
        state.beat(node.id, fx.nowNs(), 0); // likewise
        groupLife.asked(ask, fx);
      }
      case ToMaster.WorkerFinished finished -> ending.finished(finished, fx);
      case ToMaster.Refused refused ->
          fx.note(
              "order.refused",
              "node %s refused an order: %s (generation %s, newest seen %s)"
                  .formatted(refused.node(), refused.what(), refused.generation(), refused.seen()));
      case ToMaster.Leaving leaving -> leaving(node, leaving.reason(), fx);
      case ToMaster.Register register -> throw new IllegalStateException("handled above");
    }
  }

  private void register(Fleet.Node node, ToMaster.Register register, Effects<JobEvent> fx) {
    boolean sameProcess = node.incarnation() == register.incarnation();
    boolean givenUp = node.lost();
    state.fleet.registered(node, register.incarnation(), register.slots(), fx.nowNs());
    node.registered(register);
    state.checkpoints.registered(node.id, register.snapshots());
    state
        .unaware(register)
        .ifPresentOrElse(
            trains -> state.lostHolders.backUnaware(node.id, trains),
            () -> state.lostHolders.back(node.id));
    fx.timer(
        "agents/" + node.id,
        state.config.job().lastCallNs(),
        new JobEvent.Recheck()); // the others have come by then, or it takes their share
    state.health.heard(node.id, fx.nowNs());
    state.health.leased(node.id, fx.nowNs());
    var job = state.config;
    state.order(
        fx,
        node.id,
        new ToAgent.Welcome(job.run(), state.incarnation, job.leaseNs(), job.beatNs(), job.job()));
    fx.note(
        "node.registered",
        "node %s registered%s: slots=%d workers=%d"
            .formatted(
                node.id,
                givenUp ? " again after it was given up, its ranks have lost their places" : "",
                node.slots(),
                register.workers().size()));
    if (state.highest.isBefore(register.seen())) {
      state.highest = register.seen();
    }
    adopt(register, fx);
    forget(node, register, sameProcess, fx);
    if (state.ending()) {
      ending.nodeBack(node.id, fx);
      return;
    }
    groupLife.nodeBack(node.id, register, fx);
    groupLife.gather(fx);
    if (fx.buggified(Buggify.LINK_DROPPED, node.id.hashCode())) {
      fx.perform(new JobAction.Disconnect(node.id));
    }
  }

  private void adopt(ToMaster.Register register, Effects<JobEvent> fx) {
    for (var report : register.workers()) {
      var worker = state.fleet.add(report.worker(), fx.nowNs());
      worker.pid = report.pid();
      worker.endpoint = report.endpoint();
      boolean ready =
          report.ready() || !state.config.job().worker().managed(); // a plain command only runs
      state.fleet.ready(worker, ready, fx.nowNs());
      state.fleet.holds(worker, report.appliedStep());
      if (state.hung.contains(worker.id)) { // its node was given up before it obeyed
        state.fleet.condemn(worker);
      }
      if (worker.pardonable()) { // what it holds is known again
        state.fleet.pardon(worker);
      }
      if (!ready) { // launched by a former master, whose timer went with it
        limitStart(worker.id, fx);
      }
      if (worker.condemned()) { // the order was lost with the former link
        state.order(
            fx,
            worker.id.node(),
            new ToAgent.Kill(worker.id, 0, "was to be killed before its link ended"));
      }
    }
  }

  /** Workers we knew and the agent no longer has: they died while the link was down. */
  private void forget(
      Fleet.Node node, ToMaster.Register register, boolean sameProcess, Effects<JobEvent> fx) {
    state.hung.removeIf(worker -> worker.node().equals(node.id) && !has(register, worker));
    for (var worker : state.fleet.on(node)) {
      if (!has(register, worker.id)) {
        String how =
            sameProcess
                ? "ended while its link was down"
                : "was lost with the former agent of its node";
        if (sameProcess) { // it kept the news
          ending.awaitCause(worker.id);
        }
        lost(worker.id, "worker " + worker.id + " " + how, 0, fx);
      }
    }
  }

  private static boolean has(ToMaster.Register register, WorkerId worker) {
    return register.workers().stream().anyMatch(report -> report.worker().equals(worker));
  }

  private void beat(Fleet.Node node, ToMaster.Beat beat, Effects<JobEvent> fx) {
    for (var digest : beat.nodes()) {
      boolean renewed = !state.outlasting(digest.node());
      if (renewed) {
        state.order(fx, node.id, new ToAgent.Lease(digest.sequence(), state.highest));
        state.health.leased(digest.node(), fx.nowNs());
      }
      state.beat(digest.node(), fx.nowNs(), renewed ? fx.nowNs() : 0);
      if (digest.generation().equals(state.group().generation()) && digest.maxStep() >= 0) {
        state.committedStep = Math.max(state.committedStep, digest.maxStep());
        state.loss = digest.loss();
        state.rates.put(digest.node(), digest.unitsPerSecond());
      }
    }
  }

  /** In a replay: what the beats of that time have left behind. */
  void replayed(JobEvent.Beats beats) {
    for (var seen : beats.nodes()) {
      state.health.heard(seen.node(), seen.heardNs());
      if (seen.leasedNs() > 0) {
        state.health.leased(seen.node(), seen.leasedNs());
      }
    }
    state.committedStep = beats.committedStep();
  }

  private void ready(ToMaster.WorkerReady ready, Effects<JobEvent> fx) {
    var worker = state.fleet.add(ready.worker(), fx.nowNs());
    state.fleet.ready(worker, true, fx.nowNs());
    worker.pid = ready.pid();
    worker.endpoint = ready.endpoint();
    state.unit = ready.unit();
    state.sharded = ready.sharded();
    fx.cancel("start/" + ready.worker());
    groupLife.workerReady(worker.id, fx);
  }

  private void exited(ToMaster.WorkerExited exited, Effects<JobEvent> fx) {
    var worker = state.fleet.remove(exited.worker());
    state.hung.remove(exited.worker());
    fx.cancel("start/" + exited.worker());
    if (state.ending()) {
      ending.workerGone(fx);
    } else if (worker.isEmpty() && !ending.explained(exited, fx)) {
      fx.note(
          "message.refused",
          "worker %s was given up before, its end (%s) is ignored"
              .formatted(exited.worker(), exited.exit()));
    } else if (worker.isPresent() && !worker.get().finished()) {
      groupLife.exited(exited, worker.get(), fx);
    }
  }

  private void hung(ToMaster.WorkerHung hung, Effects<JobEvent> fx) {
    if (!state.ending()) { // then it is no failure any more
      groupLife.hung(hung, fx);
    }
  }

  /** A worker is gone and nobody saw how. */
  private void lost(WorkerId worker, String text, long detectNs, Effects<JobEvent> fx) {
    var gone = state.fleet.remove(worker);
    if (!state.ending()) { // then it is no failure any more
      gone.ifPresent(w -> groupLife.lost(w, text, detectNs, fx));
    }
  }

  void linkLost(NodeId id, String reason, Effects<JobEvent> fx) {
    var node = state.fleet.node(id);
    if (!node.linked()) {
      return;
    }
    state.fleet.unlink(node);
    state.health.closed(id, fx.nowNs());
    if (state.ending() && !state.saving()) {
      goneHome(node, fx);
      return;
    }
    fx.note(
        "node.suspect",
        "node %s is suspect: its link ended (%s); it has %.1f s to come back"
            .formatted(id, reason, state.config.reconnectNs() / 1e9));
  }

  /**
   * At the end of the job a link that ends is an agent that went home; its workers are gone with
   * it.
   */
  private void goneHome(Fleet.Node node, Effects<JobEvent> fx) {
    state.fleet.giveUp(node);
    state.fleet.on(node).forEach(w -> state.fleet.remove(w.id));
    ending.workerGone(fx);
  }

  void checkHealth(Effects<JobEvent> fx) {
    fx.timer(HEALTH, state.config.beatNs(), new JobEvent.HealthCheck());
    for (var change : state.health.decide(fx.nowNs()).changes()) {
      if (change.from().ordinal() < NodeState.DEAD.ordinal()
          && change.to().orElse(NodeState.FENCED).ordinal() >= NodeState.DEAD.ordinal()) {
        long silentNs =
            state.health.sighting(change.node()).map(s -> fx.nowNs() - s.lastHeardNs()).orElse(0L);
        fx.timer(
            "silent/" + change.node(),
            fx.buggified(Buggify.SILENCE_TOLD_LATE, change.node().hashCode())
                ? state.config.beatNs()
                : 0,
            new JobEvent.NodeSilent(change.node(), change.reason(), silentNs));
      }
    }
    if (state.phase != JobState.Phase.OVER) {
      fx.perform(new JobAction.Publish(() -> Snapshots.progress(state)));
    }
  }

  void nodeSilent(JobEvent.NodeSilent silent, Effects<JobEvent> fx) {
    var node = state.fleet.node(silent.node());
    if (!node.lost()) {
      String reason =
          node.linked()
              ? "silent for %.1f s".formatted(silent.silentNs() / 1e9)
              : "its link ended and it did not come back";
      nodeLost(node, reason, silent.silentNs(), fx);
    }
  }

  /**
   * Gives a node up: its workers are lost to the job; what they may still do is refused, and the
   * lease ends them.
   */
  private void nodeLost(Fleet.Node node, String reason, long silentNs, Effects<JobEvent> fx) {
    if (node.linked()) {
      fx.perform(new JobAction.Disconnect(node.id));
    }
    if (state.group().spans(node.id)) {
      state.exposure.nodeLost(state.group().generation());
    }
    givenUp(node, reason, silentNs, fx);
  }

  /** Its memory goes with it, and the step in flight with its members: what they hold is saved. */
  private void leaving(Fleet.Node node, String reason, Effects<JobEvent> fx) {
    boolean again = state.drain.leaves(node.id);
    boolean holds = state.group().spans(node.id);
    if (!again && holds && (state.saving() || groupLife.checkpoints().saves(fx))) {
      state.drain.awaitLeave(node.id, reason, fx);
    } else {
      state.drain.gone(node.id, fx);
      leaves(node, reason, fx);
    }
  }

  void leaveDue(NodeId id, Effects<JobEvent> fx) {
    String reason = state.drain.gone(id, fx);
    var node = state.fleet.node(id);
    if (!reason.isEmpty() && !node.lost() && (state.saving() || !state.ending())) {
      leaves(node, reason, fx);
    }
  }

  void stopRequested(String reason, Effects<JobEvent> fx) {
    boolean again = state.drain.stops() || state.ending();
    if (!again && groupLife.checkpoints().saves(fx)) {
      state.drain.awaitStop(reason, fx);
    } else {
      boolean waited = state.drain.stops();
      state.drain.stopped(fx);
      ending.cancel(reason, waited ? 0 : state.config.job().graceNs(), fx);
    }
  }

  /** What is not saved by now may be in what is left of the grace. */
  void stopDue(Effects<JobEvent> fx) {
    long leftNs = state.drain.leftNs(fx.nowNs());
    String reason = state.drain.stopped(fx);
    if (!reason.isEmpty()) {
      ending.cancel(reason, leftNs, fx);
    }
  }

  /** In order: it ends its workers, and tells when they have ended if it can. */
  private void leaves(Fleet.Node node, String reason, Effects<JobEvent> fx) {
    state.order(fx, node.id, new ToAgent.Shutdown(state.config.job().graceNs(), reason));
    givenUp(node, reason, 0, fx);
  }

  private void givenUp(Fleet.Node node, String reason, long silentNs, Effects<JobEvent> fx) {
    var workers = state.fleet.on(node);
    workers.forEach(this::remember);
    state.fleet.giveUp(node);
    state.checkpoints.lost(node.id);
    fx.note(
        "node.lost",
        "node %s is lost: %s; its %d workers are given up"
            .formatted(node.id, reason, workers.size()));
    for (var worker : workers) {
      lost(worker.id, "node " + node.id + " lost: " + reason, silentNs, fx);
    }
    if (state.ending()) {
      ending.nodeGone(node.id, fx);
    }
  }

  private void limitStart(WorkerId worker, Effects<JobEvent> fx) {
    fx.timer(
        "start/" + worker, state.config.job().startTimeoutNs(), new JobEvent.StartOverdue(worker));
  }

  /** A member that is not heard of any more may hold what the others have committed with it. */
  private void remember(Fleet.Worker worker) {
    if (!worker.condemned()) {
      state.lostHolders.add(
          worker.id, worker.member() ? state.mostHeld(worker) : worker.appliedStep());
    }
  }

  void startOverdue(WorkerId id, Effects<JobEvent> fx) {
    state
        .fleet
        .worker(id)
        .filter(w -> !w.ready())
        .ifPresent(worker -> {
          state.fleet.condemn(worker);
          fx.note(
              "worker.late",
              "worker %s is not ready after %.0f s; killed, another one is started"
                  .formatted(id, state.config.job().startTimeoutNs() / 1e9));
          state.order(fx, id.node(), new ToAgent.Kill(id, 0, "not ready in time"));
          groupLife.gather(fx);
        });
  }
}
