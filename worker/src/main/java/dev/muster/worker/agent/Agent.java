package dev.muster.worker.agent;

import dev.muster.collectives.flight.Diagnosis;
import dev.muster.protocol.Generation;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.worker.agent.AgentEvent.Timer;
import java.util.List;

/**
 * The node agent: runs one host's workers for a master, and ends them when it may no longer. Pure.
 *
 * <pre>
 *   link     down -> up (registers) -> welcomed (obeys, beats) -> down ...
 *   lease    starts with a welcome, renewed by acknowledged beats; when it ends all workers are killed
 *   group    none -> active -> revoking -> revoked -> active (next generation) ...
 *   agent    running -> leaving (operator's signal) -> stopping (order, or no answer) -> gone
 * </pre>
 *
 * <p>An order is obeyed only after the welcome of a master that is not older than the last one, and
 * only if its generation is not older than the newest obeyed; one that lets ranks run only under a
 * lease. A broken link alone changes nothing: the workers step on.
 */
public final class Agent implements Core<AgentEvent> {
  /**
   * How long a master may take to answer {@code Leaving}, beside the grace for which it may save.
   */
  static final long LEAVE_NS = 5_000_000_000L;

  private static final long DEFAULT_GRACE_NS = 5_000_000_000L;
  private static final int FAILED = 1;
  private static final int REQUEUE = 75;

  private final AgentSettings settings;
  private final MasterLink link;
  private final Crew crew;
  private final HangWatch hangs;
  private final CheckpointDuty checkpoints;
  private final GroupDuty duty;
  private final RangeDuty ranges;
  private final StoreDuty store;
  private boolean stopping;
  private int exitCode;
  private String exitReason = "";

  public Agent(AgentSettings settings) {
    this.settings = settings;
    this.link = new MasterLink(settings);
    this.crew = new Crew(settings, link);
    this.hangs = new HangWatch(link);
    this.checkpoints = new CheckpointDuty(settings.node(), link);
    this.duty = new GroupDuty(settings.node(), link, crew, hangs, checkpoints);
    this.ranges = new RangeDuty(duty, link);
    this.store = new StoreDuty(settings.node(), link);
  }

  @Override
  public void on(AgentEvent event, Effects<AgentEvent> fx) {
    switch (event) {
      case AgentEvent.Started _ -> link.awaitMaster(fx);
      case AgentEvent.LinkUp _ -> linkUp(fx);
      case AgentEvent.LinkRefused e -> stop(0, FAILED, "no link to the master: " + e.reason(), fx);
      case AgentEvent.LinkDown e -> linkDown(e.reason(), fx);
      case AgentEvent.Ordered e -> ordered(e.order(), fx);
      case AgentEvent.WorkerStarted e -> started(e, fx);
      case AgentEvent.StartFailed e -> startFailed(e, fx);
      case AgentEvent.WorkerEnded e -> ended(e, fx);
      case AgentEvent.Connected e -> crew.update(e.worker(), LocalWorker::withConnected);
      case AgentEvent.Said e -> said(e.worker(), e.message(), fx);
      case AgentEvent.Disconnected e -> lost(e.worker(), "connection closed, " + e.reason(), fx);
      case AgentEvent.Looked e -> looked(e, fx);
      case AgentEvent.GroupRevoked e -> duty.revoked(e, fx);
      case AgentEvent.FlightRecorded e -> recorded(e, fx);
      case AgentEvent.ShardWritten e -> checkpoints.written(e, fx);
      case AgentEvent.SnapshotsArriving e -> duty.arriving(e, fx);
      case AgentEvent.SnapshotsFetched e -> duty.fetched(e, fx);
      case AgentEvent.Salvaged e -> checkpoints.salvaged(e, fx);
      case AgentEvent.CheckpointCommitted e -> checkpoints.committed(e, fx);
      case AgentEvent.CheckpointsListed e -> checkpoints.listed(e, fx);
      case AgentEvent.StoreOpened e -> store.opened(e, fx);
      case AgentEvent.StoreLooked e -> store.looked(e, fx);
      case AgentEvent.FaultFired e -> duty.fired(e, fx);
      case AgentEvent.StopRequested e -> leave(e.reason(), fx);
      case AgentEvent.Due e -> due(e, fx);
    }
  }

  private void linkUp(Effects<AgentEvent> fx) {
    link.up();
    look(Reading.Purpose.REGISTER, fx); // the registration tells the last applied steps
  }

  private void linkDown(String reason, Effects<AgentEvent> fx) {
    fx.note("link.down", "lost the master, workers go on until the lease ends: reason=" + reason);
    link.down(fx);
  }

  private void ordered(ToAgent order, Effects<AgentEvent> fx) {
    if (order instanceof ToAgent.Welcome welcome) {
      welcomed(welcome, fx);
    } else if (!link.welcomed()) {
      link.refuse(link.seen(), order.getClass().getSimpleName() + " before a welcome", fx);
    } else if (begins(order) && link.leaseExpired(fx)) {
      link.refuse(
          link.seen(),
          order.getClass().getSimpleName() + " after the lease ran out",
          fx); // late: read after a pause of this process
    } else {
      obey(order, fx);
    }
  }

  /** Whether it lets ranks run; what ends them is obeyed at any time. */
  private static boolean begins(ToAgent order) {
    return order instanceof ToAgent.Launch
        || order instanceof ToAgent.Form
        || order instanceof ToAgent.OpenStore;
  }

  private void obey(ToAgent order, Effects<AgentEvent> fx) {
    switch (order) {
      case ToAgent.Welcome _ -> throw new IllegalStateException("welcome is no order to obey");
      case ToAgent.Lease o -> {
        link.acknowledged(o.sequence(), fx);
        duty.overtaken(o.generation(), fx);
      }
      case ToAgent.Launch o -> launch(o, fx);
      case ToAgent.Form o -> duty.form(o, fx);
      case ToAgent.Revoke o -> duty.revoke(o, fx);
      case ToAgent.SaveEvery o -> checkpoints.saveEvery(o, fx);
      case ToAgent.Persist o -> checkpoints.persist(o, fx);
      case ToAgent.Copy o -> checkpoints.copy(o, fx);
      case ToAgent.Fetch o -> duty.fetch(o, fx);
      case ToAgent.Lend o -> ranges.lend(o, fx);
      case ToAgent.DatasetReply o -> ranges.reply(o, fx);
      case ToAgent.Salvage o -> checkpoints.salvage(o, fx);
      case ToAgent.CommitCheckpoint o -> checkpoints.commit(o, fx);
      case ToAgent.ListCheckpoints _ -> checkpoints.list(fx);
      case ToAgent.OpenStore o -> store.open(o, fx);
      case ToAgent.CloseStore o -> store.close(o, fx);
      case ToAgent.Kill o -> kill(o, fx);
      case ToAgent.Shutdown o -> stop(o.graceNs(), 0, o.reason(), fx);
    }
  }

  private void welcomed(ToAgent.Welcome welcome, Effects<AgentEvent> fx) {
    if (link.welcome(welcome, fx)) {
      fx.note(
          "link.welcome",
          "welcomed: incarnation="
              + welcome.masterIncarnation()
              + " leaseMs="
              + welcome.leaseNs() / 1_000_000);
      crew.all().stream()
          .filter(w -> w.finished() != null)
          .forEach(w -> link.tell(w.finished(), fx));
      duty.resynchronise(fx);
      hangs.reportAgain();
      look(Reading.Purpose.BEAT, fx);
    }
  }

  private void launch(ToAgent.Launch order, Effects<AgentEvent> fx) {
    if (stopping) {
      link.refuse(link.seen(), "launch of " + order.worker() + ": the agent is stopping", fx);
    } else {
      if (order.place() != null) {
        store.overtaken(order.place().generation(), fx);
      }
      crew.launch(order, fx);
    }
  }

  private void kill(ToAgent.Kill order, Effects<AgentEvent> fx) {
    crew.kill(order.worker(), order.graceNs(), order.reason(), fx);
    if (order.graceNs() <= 0) {
      duty.lost(order.worker(), "killed, " + order.reason(), fx);
    }
  }

  /** A plain command says nothing by itself: that it runs is all there is to know. */
  private void started(AgentEvent.WorkerStarted event, Effects<AgentEvent> fx) {
    crew.update(event.worker(), w -> w.started(event.pid()));
    crew.find(event.worker())
        .filter(w -> w.place() != null)
        .ifPresent(w -> link.tell(new ToMaster.WorkerReady(w.id(), w.pid(), ""), fx));
  }

  private void startFailed(AgentEvent.StartFailed event, Effects<AgentEvent> fx) {
    crew.startFailed(event.worker(), event.reason(), fx);
    exitIfDone(fx);
  }

  private void ended(AgentEvent.WorkerEnded end, Effects<AgentEvent> fx) {
    var generation = duty.generationOf(end.worker());
    crew.ended(end, generation, stopping, fx)
        .ifPresent(worker -> {
          if (worker.finished() == null) {
            duty.lost(worker.id(), end.exit().toString(), fx);
          }
          duty.answerIfKnown(fx);
        });
    exitIfDone(fx);
  }

  private void said(WorkerId worker, FromWorker message, Effects<AgentEvent> fx) {
    switch (message) {
      case FromWorker.Hello _ ->
          fx.note("worker.protocol", "second hello ignored: worker=" + worker);
      case FromWorker.Ready m -> ready(worker, m, fx);
      case FromWorker.Joined m -> duty.passed(worker, m.generation(), Milestone.JOINED, -1, fx);
      case FromWorker.Restored m ->
          duty.passed(worker, m.generation(), Milestone.RESTORED, m.step(), fx);
      case FromWorker.Stepped m ->
          duty.passed(worker, m.generation(), Milestone.STEPPED, m.step(), fx);
      case FromWorker.Saved m -> checkpoints.saved(worker, m, fx);
      case FromWorker.TakeRange m -> ranges.take(worker, m, fx);
      case FromWorker.DatasetRequest m -> ranges.ask(worker, m, fx);
      case FromWorker.SaveFailed m -> checkpoints.saveFailed(worker, m, fx);
      case FromWorker.RestoreFailed m -> duty.restoreFailed(worker, m, fx);
      case FromWorker.Left m -> duty.left(worker, m, fx);
      case FromWorker.Failed m -> {
        crew.update(worker, w -> w.failed(m.error()));
        lost(worker, "trainer failed", fx);
      }
      case FromWorker.Finished m -> finished(worker, m, fx);
    }
  }

  private void ready(WorkerId id, FromWorker.Ready ready, Effects<AgentEvent> fx) {
    String endpoint = ready.endpoint() == null ? "" : ready.endpoint();
    crew.update(id, w -> w.withReady(endpoint));
    checkpoints.ready(ready);
    crew.find(id)
        .map(
            w -> new ToMaster.WorkerReady(id, w.pid(), ready.unit(), ready.sharded(), w.endpoint()))
        .ifPresent(told -> link.tell(told, fx));
  }

  private void finished(WorkerId id, FromWorker.Finished m, Effects<AgentEvent> fx) {
    var report =
        new ToMaster.WorkerFinished(
            id,
            new Generation(m.generation()),
            m.step(),
            m.loss() == null ? Double.NaN : m.loss(),
            m.parametersDigest(),
            m.report());
    crew.update(id, w -> w.finished(report));
    link.tell(report, fx);
  }

  /**
   * It can do no more for its group: the group ends now, the process is given a moment to tell how
   * it ends.
   */
  private void lost(WorkerId id, String reason, Effects<AgentEvent> fx) {
    crew.find(id)
        .ifPresent(worker -> {
          crew.lose(id, fx);
          if (worker.finished() == null) {
            duty.lost(id, reason, fx);
          }
        });
  }

  private void look(Reading.Purpose purpose, Effects<AgentEvent> fx) {
    fx.perform(new AgentAction.Look(purpose, crew.all().stream().map(LocalWorker::id).toList()));
  }

  private void looked(AgentEvent.Looked event, Effects<AgentEvent> fx) {
    switch (event.purpose()) {
      case REGISTER -> link.register(reports(event.readings()), event.snapshots(), fx);
      case BEAT -> beat(event.readings(), fx);
      case HANG -> duty.group().ifPresent(g -> hangs.looked(g, event, fx));
    }
  }

  /** For people: decides nothing. */
  private void recorded(AgentEvent.FlightRecorded event, Effects<AgentEvent> fx) {
    var diagnosis = Diagnosis.decide(HangWatch.GROUP, event.standings(), List.of(), fx.nowNs());
    if (diagnosis.cause() != Diagnosis.Cause.NONE) {
      fx.note("group.recorded", "generation=" + event.generation() + " " + diagnosis.text());
    }
    String evidence = evidence(diagnosis, event);
    if (!evidence.isEmpty()) {
      var generation = new Generation(event.generation());
      link.tell(new ToMaster.GroupDiagnosed(settings.node(), generation, evidence), fx);
    }
  }

  /** Who others wait for when a member dies is a consequence: only what explains an end is told. */
  private String evidence(Diagnosis diagnosis, AgentEvent.FlightRecorded event) {
    return switch (diagnosis.cause()) {
      case DIFFERENT_CALLS, DEADLOCK -> diagnosis.text();
      case NONE, NOT_ARRIVED, BEHIND, NOT_HEARD ->
          duty.endedByMembers(event.generation()) ? event.reason() : "";
    };
  }

  private List<ToMaster.WorkerReport> reports(List<Reading> readings) {
    return crew.all().stream()
        .filter(w -> !w.lost())
        .map(w ->
            new ToMaster.WorkerReport(
                w.id(),
                w.pid(),
                w.ready(),
                duty.reportedGeneration(w),
                duty.appliedStep(w, readings),
                w.endpoint()))
        .toList();
  }

  private void beat(List<Reading> readings, Effects<AgentEvent> fx) {
    if (link.welcomed()) {
      link.beat(Digest.of(settings, link.nextSequence(), duty.group(), readings), fx);
      var due = new AgentEvent.Due(Timer.BEAT);
      fx.timer(due.key(), link.terms().beatNs(), due);
    }
  }

  private void due(AgentEvent.Due event, Effects<AgentEvent> fx) {
    switch (event.timer()) {
      case BEAT -> look(Reading.Purpose.BEAT, fx);
      case LEASE -> leaseDue(fx);
      case HANG -> duty.group().ifPresent(g -> hangs.due(g, fx));
      case RECONNECT -> stop(0, REQUEUE, "no master for too long", fx);
      case LEAVE -> stop(graceNs(), 0, "the master did not answer", fx);
      case STORE -> store.due(fx);
      case TERM, KILL -> crew.signalDue(event, fx);
    }
  }

  private void leaseDue(Effects<AgentEvent> fx) {
    if (!link.leaseExpired(fx)) {
      link.armLease(fx);
      return;
    }
    fx.note(
        "lease.expired",
        "no master renewed the lease, killing all workers: workers=" + crew.all().size());
    crew.stopAll(0, "lease expired", fx);
    store.closeAny(fx);
    duty.group()
        .ifPresent(g -> g.members().forEach(m -> duty.lost(m.worker(), "lease expired", fx)));
  }

  private void leave(String reason, Effects<AgentEvent> fx) {
    fx.note("agent.leaving", "reason=" + reason);
    if (stopping || !link.welcomed()) {
      stop(graceNs(), 0, reason, fx);
      return;
    }
    fx.send(PeerId.MASTER, new ToMaster.Leaving(settings.node(), reason));
    var due = new AgentEvent.Due(Timer.LEAVE);
    fx.timer(due.key(), LEAVE_NS + graceNs(), due);
  }

  private long graceNs() {
    return link.terms() == null ? DEFAULT_GRACE_NS : link.terms().job().graceNs();
  }

  private void stop(long graceNs, int code, String reason, Effects<AgentEvent> fx) {
    if (!stopping) {
      stopping = true;
      exitCode = code;
      exitReason = reason;
    }
    fx.cancel(Timer.LEAVE.name());
    crew.stopAll(graceNs, reason, fx);
    exitIfDone(fx);
  }

  private void exitIfDone(Effects<AgentEvent> fx) {
    if (stopping && crew.isEmpty()) {
      fx.perform(new AgentAction.Exit(exitCode, exitReason));
    }
  }
}
