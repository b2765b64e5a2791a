package dev.muster.master.job;

import dev.muster.master.budget.Failure;
import dev.muster.master.budget.FailureKind;
import dev.muster.master.job.JobState.Phase;
import dev.muster.master.rendezvous.Rendezvous;
import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A group of managed workers, which keep their processes: gather, form, train, revoke, gather again
 * (ULFM: revoke, agree, shrink). The agreement itself is made in the data plane; here the nodes
 * only report which step it ended with.
 */
final class TrainingGroup implements GroupLife {
  private static final String RECHECK = "recheck";
  private static final String OVERDUE = "overdue";

  /**
   * After one start timeout, or two, the agents name who does not come; ending the group before
   * would form it with the same one again.
   */
  private static final int START_TIMEOUTS = 3;

  private final JobState state;
  private final Ending ending;
  private final Formation formation;
  private final GroupCheckpoints checkpoints;
  private final Inventory inventory;
  private final Lending lending;
  private final Datasets datasets;
  private final Map<Milestone, RollCall> reached = new EnumMap<>(Milestone.class);
  private Revocation revocation;

  TrainingGroup(JobState state, Ending ending, Persisting persisting) {
    this.state = state;
    this.ending = ending;
    this.checkpoints = new GroupCheckpoints(state, ending, persisting);
    this.inventory = new Inventory(state);
    this.lending = new Lending(state);
    this.datasets = new Datasets(state);
    this.formation = new Formation(state);
    this.revocation = new Revocation(state.group(), state.fleet);
  }

  @Override
  public void masterReplaced(Effects<JobEvent> fx) {
    state.exposure.forget();
    inventory.masterReplaced();
    state.masterReplaced();
    if (ending.finishing()) {
      ending.limitLastCheckpoint(fx);
      fx.note(
          "master.resumed",
          "master resumed: incarnation=%d; generation %s has made its last step, rank 0 is awaited"
              .formatted(state.incarnation, state.group().generation()));
    } else if (!state.group().isEmpty()) {
      fx.note(
          "master.resumed",
          "master resumed: incarnation=%d; generation %s is taken over into a new one, waiting for its nodes"
              .formatted(state.incarnation, state.group().generation()));
      begin("master restarted", 0, fx);
    }
  }

  @Override
  public void workerReady(WorkerId worker, Effects<JobEvent> fx) {
    gather(fx);
  }

  /**
   * A worker may have become ready at any time: while the smaller group began, or while its node
   * was away.
   */
  private void grow(Effects<JobEvent> fx) {
    boolean couldGrow =
        state.phase == Phase.TRAINING
            && state.config.job().replace()
            && state.group().worldSize() < state.config.job().workers();
    if (couldGrow && state.fleet.count().spares() > 0) {
      growOrWait(fx);
    } else if (state.phase == Phase.TRAINING && buggified(Buggify.REGROUP_NEEDLESS, fx)) {
      begin("for no reason", 0, fx);
    }
  }

  private void growOrWait(Effects<JobEvent> fx) {
    long waitNs =
        Growth.waitNs(formation.growth(), state.config.job().startTimeoutNs(), fx.nowNs());
    if (waitNs == 0) {
      begin("worker " + state.fleet.spares().getFirst().id + " joins: the group grows", 0, fx);
    } else {
      fx.timer(RECHECK, waitNs, new JobEvent.Recheck());
    }
  }

  @Override
  public void exited(ToMaster.WorkerExited exited, Fleet.Worker worker, Effects<JobEvent> fx) {
    if (state.group().contains(worker.id)
        && exited.generation().equals(state.group().generation())) {
      state.committedStep =
          Math.max(state.committedStep, exited.appliedStep()); // newer than the last beat
    }
    String text = "%s %s".formatted(describe(worker), how(exited));
    fx.note("worker.exited", text + " after step " + Math.max(exited.appliedStep(), 0));
    if (worker.condemned()) {
      state.lostHolders.ended(worker.id);
      gather(fx);
      return;
    }
    var kind = FailureKind.ofManaged(exited.exit(), exited.error());
    failed(failure(worker, kind, exited.exit(), exited.error()), text, exited.detectNs(), fx);
  }

  @Override
  public void lost(Fleet.Worker worker, String text, long detectNs, Effects<JobEvent> fx) {
    if (!worker.condemned()) {
      failed(failure(worker, FailureKind.INFRASTRUCTURE, Exit.signal(9), ""), text, detectNs, fx);
    }
  }

  private Failure failure(Fleet.Worker worker, FailureKind kind, Exit exit, String error) {
    int rank = state.group().rankOf(worker.id).orElse(-1);
    var generation = rank < 0 ? Generation.NONE : state.group().generation();
    return new Failure(worker.id, rank, generation, state.committedStep, kind, exit, error);
  }

  @Override
  public void hung(ToMaster.WorkerHung hung, Effects<JobEvent> fx) {
    var worker = state.fleet.worker(hung.worker());
    if (worker.isEmpty()
        || worker.get().condemned()
        || hung.generation().isBefore(state.group().generation())) {
      fx.note(
          "verdict.refused",
          "refused: hang verdict of an older group: worker=%s generation=%s current=%s"
              .formatted(hung.worker(), hung.generation(), state.group().generation()));
      return;
    }
    String text =
        "%s hangs in step %d: no progress for %.1f s: %s; killed"
            .formatted(
                describe(worker.get()),
                hung.appliedStep() + 1,
                hung.stalledNs() / 1e9,
                hung.evidence());
    fx.note(new Observation("worker.hung", text, Map.of("worker", hung.worker().toString())));
    state.fleet.condemn(worker.get());
    state.hung.add(hung.worker());
    state.order(fx, hung.worker().node(), new ToAgent.Kill(hung.worker(), 0, "hangs"));
    failed(failure(worker.get(), FailureKind.HANG, Exit.signal(9), ""), text, hung.stalledNs(), fx);
  }

  private void failed(Failure failure, String text, long detectNs, Effects<JobEvent> fx) {
    if (!ending.charge(failure, text, fx)) {
      return;
    }
    if (failure.rank() < 0) {
      gather(fx);
    } else if (state.phase == Phase.REVOKING) {
      state.clock.anotherFailure();
      launch(fx);
      considerRevoked(fx);
    } else if (state.grouped() || state.phase == Phase.ORDERED) {
      begin(text, detectNs, fx);
    } else {
      gather(fx);
    }
  }

  /** Ends the group: no member may commit any further, wherever it is. */
  private void begin(String cause, long detectNs, Effects<JobEvent> fx) {
    var generation = state.group().generation();
    state.phase = Phase.REVOKING;
    state.exposure.rests(fx.nowNs());
    checkpoints.stop(fx);
    state.drain.release(fx);
    state.clock =
        state.clock == null
            ? new RecoveryClock(cause, generation, detectNs, fx.nowNs())
            : state.clock;
    revocation = new Revocation(state.group(), state.fleet);
    fx.note("generation.revoked", "generation %s ends: %s".formatted(generation, cause));
    state.detail("generation %s ends".formatted(generation), fx);
    var order = new ToAgent.Revoke(generation, cause);
    for (var id : state.group().nodes()) {
      var node = state.fleet.node(id);
      if (node.usable()) {
        state.order(fx, node, order);
      }
    }
    state.clock.decided(fx.nowNs());
    state.fenced = false;
    state.outlasting = null;
    fx.timer(
        OVERDUE,
        waitNs(Buggify.ACKNOWLEDGEMENTS_OVERDUE_EARLY, state.config.nodeTimeoutNs(), fx),
        new JobEvent.Overdue(generation, JobEvent.Wait.ACKNOWLEDGEMENTS));
    launch(fx);
    considerRevoked(fx);
  }

  /** Until the last lease that a node of the group may hold that did not acknowledge has ended. */
  private long fencedInNs(long nowNs) {
    return state.group().nodes().stream()
        .filter(n -> !revocation.acknowledged().has(n))
        .mapToLong(
            n -> state.health.safeAtNs(n).orElse(nowNs)) // forgotten nodes were fenced before
        .map(atNs -> Math.max(0, atNs - nowNs))
        .max()
        .orElse(0);
  }

  @Override
  public void revoked(ToMaster.Revoked revoked, Effects<JobEvent> fx) {
    state.checkpoints.holds(revoked.node(), revoked.snapshots());
    boolean told = state.lostHolders.answered(revoked.node(), revoked.generation());
    if (state.ended(revoked.generation())) {
      leftBehind(revoked, told, fx);
      return;
    }
    if (!revoked.generation().equals(state.group().generation())) {
      return;
    }
    if (state.grouped() || state.phase == Phase.ORDERED) { // what it told before went with its link
      begin("node %s left it".formatted(revoked.node()), 0, fx);
    }
    for (var survivor : revoked.survivors()) {
      state
          .fleet
          .worker(survivor.worker())
          .ifPresent(w -> state.fleet.holds(w, survivor.appliedStep()));
      if (revoked.inDoubt()) {
        state.heldStep(survivor.appliedStep());
      } else {
        state.lastStep(survivor.appliedStep());
      }
    }
    revocation.acknowledged().add(revoked.node());
    if (state.phase == Phase.REVOKING) {
      considerRevoked(fx);
    }
  }

  /** For people: it comes when it comes, and nobody waits for it. */
  @Override
  public void diagnosed(ToMaster.GroupDiagnosed diagnosed, Effects<JobEvent> fx) {
    fx.note(
        "group.diagnosed",
        "generation %s: %s".formatted(diagnosed.generation(), diagnosed.evidence()));
    state.evidence.told(diagnosed.generation(), diagnosed.evidence());
  }

  /**
   * Members of a group that has ended, and in no later one: they went on when given up or left out.
   *
   * @param told what they hold was not known before
   */
  private void leftBehind(ToMaster.Revoked revoked, boolean told, Effects<JobEvent> fx) {
    boolean pardoned = pardoned(revoked);
    boolean newest = revoked.generation().equals(state.group().generation());
    for (var survivor : revoked.survivors()) {
      state
          .fleet
          .worker(survivor.worker())
          .filter(w -> newest || !w.member())
          .filter(w -> w.appliedStep() < survivor.appliedStep())
          .ifPresent(w -> state.fleet.holds(w, survivor.appliedStep()));
    }
    if (told || pardoned) {
      gather(fx);
    }
  }

  /** The answer is late, and not too late: these workers are as good as any. */
  private boolean pardoned(ToMaster.Revoked revoked) {
    var late =
        revoked.survivors().stream()
            .flatMap(survivor -> state.fleet.worker(survivor.worker()).stream())
            .filter(Fleet.Worker::pardonable)
            .toList();
    late.forEach(worker -> {
      state.fleet.pardon(worker);
      state.lostHolders.ended(worker.id);
    });
    return !late.isEmpty();
  }

  /**
   * One acknowledgement fences the group: nothing commits without that member, or without the vote
   * of its machine. Waits for the other live nodes to know what they hold.
   */
  private void considerRevoked(Effects<JobEvent> fx) {
    if (revocation.answered() && (!revocation.acknowledged().isEmpty() || state.fenced)) {
      endRevoke(fx);
    }
  }

  private void endRevoke(Effects<JobEvent> fx) {
    fx.cancel(OVERDUE);
    state.outlasting = null;
    state.phase = Phase.GATHERING;
    state.gatheringSinceNs = fx.nowNs();
    state.clock.revoked(fx.nowNs());
    gather(fx);
  }

  @Override
  public void overdue(Generation generation, JobEvent.Wait awaited, Effects<JobEvent> fx) {
    if (!generation.equals(state.group().generation())) {
      return;
    }
    if (state.phase == Phase.REVOKING && awaited != JobEvent.Wait.FIRST_STEP) {
      state.fenced |=
          awaited == JobEvent.Wait.LEASE
              && fencedInNs(fx.nowNs()) == 0; // a node that came back meanwhile has a new lease
      revokeOverdue(fx);
    } else if (state.phase == Phase.JOINING
        && awaited == JobEvent.Wait.FIRST_STEP
        && !ending.finishing()) {
      notStarted(generation, fx);
    }
  }

  /** Charged to the first rank that is behind, so that a group which never starts ends the job. */
  private void notStarted(Generation generation, Effects<JobEvent> fx) {
    String text = "generation " + generation + " did not start training in time: " + missingText();
    var stepped = roll(Milestone.STEPPED);
    var behind =
        state.group().members().stream()
            .filter(member -> !stepped.has(member.worker().node()))
            .flatMap(member -> state.fleet.worker(member.worker()).stream())
            .findFirst();
    fx.note("generation.late", text);
    behind.ifPresent(
        worker -> ending.charge(failure(worker, FailureKind.HANG, Exit.signal(9), ""), text, fx));
    if (!state.ending()) {
      begin(text, 0, fx);
    }
  }

  /**
   * Nodes that do not answer are left out as soon as another has acknowledged; if none has, or none
   * that holds the last committed step, only the end of the lease fences them.
   */
  private void revokeOverdue(Effects<JobEvent> fx) {
    if (state.fenced || revocation.holds(state.committedStep)) {
      fx.note(
          "generation.fenced",
          "generation %s is over: acknowledged=%s; the others are left out"
              .formatted(state.group().generation(), revocation.acknowledged()));
      leaveOut();
      endRevoke(fx);
    } else {
      state.outlasting = revocation;
      long leftNs = fencedInNs(fx.nowNs());
      fx.note(
          "generation.waiting",
          "nobody that holds step %d acknowledged the end of generation %s: waiting %.1f s for its lease to run out"
              .formatted(state.committedStep, state.group().generation(), leftNs / 1e9));
      fx.timer(
          OVERDUE,
          waitNs(Buggify.WAIT_EARLY, leftNs, fx),
          new JobEvent.Overdue(state.group().generation(), JobEvent.Wait.LEASE));
    }
  }

  /**
   * They may come to be the last ones that hold the newest step, so they are killed only once a
   * group has gone on from it.
   */
  private void leaveOut() {
    var acknowledged = revocation.acknowledged();
    for (var worker :
        state.fleet.workers(w -> w.member() && w.eligible() && !acknowledged.has(w.id.node()))) {
      state.lostHolders.add(worker.id, state.mostHeld(worker));
      state.fleet.leaveOut(worker);
    }
  }

  private void killLeftOut(Effects<JobEvent> fx) {
    for (var worker : state.fleet.pardonable()) {
      state.fleet.condemn(worker);
      state.order(
          fx,
          worker.id.node(),
          new ToAgent.Kill(worker.id, 0, "its node did not acknowledge the revoke"));
    }
  }

  @Override
  public void nodeBack(NodeId node, ToMaster.Register register, Effects<JobEvent> fx) {
    state
        .unaware(register)
        .ifPresent(ended -> state.order(fx, node, new ToAgent.Revoke(ended, "it has ended")));
    inventory.nodeBack(node, fx);
    if (!state.group().spans(node)) {
      return;
    }
    if (state.phase == Phase.REVOKING) {
      state.order(fx, node, new ToAgent.Revoke(state.group().generation(), state.clock.cause));
    } else if (state.phase == Phase.JOINING
        && register.seen().isBefore(state.group().generation())) {
      form(node, fx);
    }
  }

  @Override
  public void gather(Effects<JobEvent> fx) {
    if (ending.finishing()) {
      return;
    }
    launch(fx);
    grow(fx);
    if (state.phase != Phase.GATHERING) {
      return;
    }
    if (formation.holdersSuspect()) {
      state.detail(
          "waiting for a node that holds the last committed step: its link ended a moment ago", fx);
      return;
    }
    var holder = formation.awaitedHolder(fx.nowNs());
    if (holder.isPresent()) {
      awaitHolder(holder.get(), fx);
      return;
    }
    long inventoryLeftNs = inventory.leftNs(fx.nowNs());
    if (inventoryLeftNs > 0) {
      awaitInventory(inventoryLeftNs, fx);
      return;
    }
    switch (formation.decide(fx)) {
      case Rendezvous.Decision.Form(var workers, var reason) -> form(workers, reason, fx);
      case Rendezvous.Decision.Wait(var afterNs, var reason) -> {
        state.waiting(reason, fx);
        fx.timer(RECHECK, waitNs(Buggify.WAIT_EARLY, afterNs, fx), new JobEvent.Recheck());
      }
      case Rendezvous.Decision.GiveUp(var reason) ->
          ending.giveUp("no group: generation=" + state.highest + " " + reason, fx);
    }
  }

  /** A committed step is not given up while one that holds it may live. */
  private void awaitHolder(NodeId node, Effects<JobEvent> fx) {
    state.detail(
        "waiting for node %s, which may hold a later step than all others, until its lease has ended"
            .formatted(node),
        fx);
    long leftNs = formation.leaseLeftNs(node, fx.nowNs());
    fx.timer(RECHECK, waitNs(Buggify.WAIT_EARLY, leftNs, fx), new JobEvent.Recheck());
  }

  private void awaitInventory(long leftNs, Effects<JobEvent> fx) {
    state.detail("waiting for a node to tell which checkpoints are on storage", fx);
    fx.timer(RECHECK, waitNs(Buggify.WAIT_EARLY, leftNs, fx), new JobEvent.Recheck());
  }

  private void launch(Effects<JobEvent> fx) {
    if (!state.ending()) {
      formation.launch(fx);
    }
  }

  private void form(List<WorkerId> workers, String reason, Effects<JobEvent> fx) {
    fx.cancel(RECHECK);
    reached.clear();
    formation.form(workers, reason, fx);
    lending.formed();
    datasets.formed();
    state.phase = Phase.ORDERED;
    state.awaitDurable(state.group().generation());
  }

  @Override
  public void durable(Generation generation, Effects<JobEvent> fx) {
    if (state.phase != Phase.ORDERED || !generation.equals(state.group().generation())) {
      return;
    }
    state.phase = Phase.JOINING;
    state.stepsBegin();
    state.detail("generation " + generation + " joins", fx);
    for (var node : state.group().nodes()) {
      form(node, fx);
    }
    revokeFormerAgain(generation, fx);
    limitStart(generation, fx);
  }

  private void limitStart(Generation generation, Effects<JobEvent> fx) {
    long limitNs = START_TIMEOUTS * state.config.job().startTimeoutNs();
    fx.timer(OVERDUE, limitNs, new JobEvent.Overdue(generation, JobEvent.Wait.FIRST_STEP));
  }

  /** A large state takes its time; the time in which nothing comes is what is bounded. */
  @Override
  public void fetching(ToMaster.Fetching fetching, Effects<JobEvent> fx) {
    if (state.phase == Phase.JOINING && fetching.generation().equals(state.group().generation())) {
      limitStart(fetching.generation(), fx);
    }
  }

  /** With the order to fetch first what the node's members are to restore from. */
  private void form(NodeId node, Effects<JobEvent> fx) {
    formation.fetch(node).ifPresent(fetch -> state.order(fx, node, fetch));
    state.order(fx, node, formation.order());
  }

  /** No order of an older generation means anything any more, whenever it is read. */
  private void revokeFormerAgain(Generation generation, Effects<JobEvent> fx) {
    if (generation.number() > 1 && buggified(Buggify.REVOKE_AGAIN, fx)) {
      var former = new ToAgent.Revoke(new Generation(generation.number() - 1), "again");
      state.group().nodes().forEach(node -> state.order(fx, node, former));
    }
  }

  private boolean buggified(Buggify point, Effects<JobEvent> fx) {
    return fx.buggified(point, state.group().generation().number());
  }

  private long waitNs(Buggify sooner, long ns, Effects<JobEvent> fx) {
    return buggified(sooner, fx) ? JobState.soon(ns) : ns;
  }

  @Override
  public void reached(ToMaster.Reached event, Effects<JobEvent> fx) {
    if (state.phase != Phase.JOINING || !event.generation().equals(state.group().generation())) {
      return;
    }
    var nodes = roll(event.milestone());
    boolean before = nodes.complete(); // an agent that comes back tells all it has reached again
    nodes.add(event.node());
    if (event.milestone() != Milestone.JOINED) {
      state.someRestored();
    }
    state.committedStep = Math.max(state.committedStep, event.step());
    if (!before && nodes.complete()) {
      everyNodeReached(event.milestone(), event.step(), fx);
    }
  }

  private RollCall roll(Milestone milestone) {
    return reached.computeIfAbsent(milestone, m -> new RollCall(state.group()));
  }

  private void everyNodeReached(Milestone milestone, long step, Effects<JobEvent> fx) {
    if (state.clock != null) {
      state.clock.reached(milestone, fx.nowNs());
    }
    if (milestone == Milestone.JOINED && buggified(Buggify.FORM_AGAIN, fx)) {
      state.group().nodes().forEach(node -> state.order(fx, node, formation.order()));
    }
    if (milestone == Milestone.RESTORED) {
      state.fleet.restored(step);
      state.restored();
    } else if (milestone == Milestone.STEPPED) {
      fx.cancel(OVERDUE);
      formation.forgetFenced(fx.nowNs());
      killLeftOut(fx);
      state.phase = Phase.TRAINING;
      state.detail("training", fx);
      closeRecovery(fx);
      state.exposure.trains(state.group().nodes().size(), fx.nowNs());
      checkpoints.start(fx);
      gather(fx);
    }
  }

  /** Nobody's failure: the next group goes on from something else. */
  @Override
  public void restoreFailed(ToMaster.RestoreFailed failed, Effects<JobEvent> fx) {
    if (!state.grouped() || !failed.generation().equals(state.group().generation())) {
      return;
    }
    String text =
        "node %s cannot read the state of step %d: %s"
            .formatted(failed.node(), state.startStep, failed.problem());
    fx.note("restore.failed", text);
    formation.unreadable(failed.unread());
    begin(text, 0, fx);
  }

  @Override
  public Checkpointing checkpoints() {
    return checkpoints;
  }

  @Override
  public void asked(ToMaster.DatasetRequest ask, Effects<JobEvent> fx) {
    datasets.asked(ask, fx);
  }

  @Override
  public void take(ToMaster.TakeRange take, Effects<JobEvent> fx) {
    lending.take(take, fx);
  }

  @Override
  public void checkpointsListed(ToMaster.CheckpointsListed listed, Effects<JobEvent> fx) {
    inventory.listed(listed, fx);
    gather(fx);
  }

  private void closeRecovery(Effects<JobEvent> fx) {
    if (state.clock == null) {
      return;
    }
    var recovery =
        state.clock.report(state.group().generation(), state.evidence.behind(state.clock.revoked));
    state.recoveries.add(recovery);
    state.clock = null;
    fx.note(
        new Observation(
            "recovery.done", Snapshots.recoveryText(recovery), Snapshots.fields(recovery)));
  }

  private String missingText() {
    return "nodes without a step: " + roll(Milestone.STEPPED).missing();
  }

  private static String how(ToMaster.WorkerExited exited) {
    String line = exited.error().lines().findFirst().orElse("").strip();
    return line.isEmpty() ? "ended with " + exited.exit() : "failed with " + line;
  }

  private String describe(Fleet.Worker worker) {
    String process = "worker " + worker.id + (worker.pid > 0 ? ", pid " + worker.pid : "");
    return state
        .group()
        .rankOf(worker.id)
        .map(r -> "rank " + r + " (" + process + ")")
        .orElse(process);
  }
}
