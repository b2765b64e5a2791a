package dev.muster.worker.agent;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * This node's part of the current generation: form, milestones, revoke.
 *
 * <p>A lost member ends the generation here and now, without a round trip to the master; the answer
 * with the survivors follows the report of who was lost. A revoke that the master ordered is
 * answered as soon as nothing can commit.
 */
final class GroupDuty {
  /** Times in one start timeout that the master hears of a fetch which goes on. */
  private static final int ARRIVING_TOLD = 4;

  private final NodeId node;
  private final MasterLink link;
  private final Crew crew;
  private final HangWatch hangs;
  private final CheckpointDuty checkpoints;
  private final Devices devices = new Devices();
  private final List<LocalGroup> retired = new ArrayList<>();
  private long arrivingToldNs; // when the fetch began, or the master heard of it last
  private ToAgent.Fetch fetch; // to be done before the form of its generation is passed on; or null
  private FaultPlan faults = FaultPlan.of(List.of());
  private LocalGroup group; // null before the first
  private Generation told = Generation.NONE; // newest that its members know of
  private Generation revokedUpTo = Generation.NONE;
  private Generation orderedUpTo = Generation.NONE; // newest revoke order not answered yet
  private Generation endedByMembers = Generation.NONE; // newest that ended before this agent did it
  private boolean answerDue; // a revoke begun here, not answered yet

  GroupDuty(NodeId node, MasterLink link, Crew crew, HangWatch hangs, CheckpointDuty checkpoints) {
    this.node = node;
    this.link = link;
    this.crew = crew;
    this.hangs = hangs;
    this.checkpoints = checkpoints;
  }

  void form(ToAgent.Form order, Effects<AgentEvent> fx) {
    Generation generation = order.group().generation();
    if (group != null && group.generation().equals(generation)) {
      repeatMilestones(fx); // an order sent again
    } else if (generation.compareTo(revokedUpTo) <= 0 || !link.admit(generation)) {
      link.refuse(generation, "form group: revokedUpTo=" + revokedUpTo, fx);
    } else {
      retire(generation, fx);
      enter(LocalGroup.of(order, node), AgentAction.Span.of(order), fx);
    }
  }

  private void retire(Generation next, Effects<AgentEvent> fx) {
    revoke("superseded by generation " + next, fx);
    answerDue = false;
    if (group != null) {
      forgetUnsettled();
      retired.add(group);
    }
  }

  /** How far a group came that is still being ended, nobody will hear any more. */
  private void forgetUnsettled() {
    if (group.status() == LocalGroup.Status.REVOKING) {
      group.members().forEach(member -> crew.update(member.worker(), w -> w.holding(-1)));
    }
  }

  private void enter(LocalGroup next, AgentAction.Span span, Effects<AgentEvent> fx) {
    group = next;
    checkpoints.entered(next);
    fx.note(
        "group.entered",
        "generation="
            + next.generation()
            + " members="
            + next.members().size()
            + "/"
            + next.worldSize()
            + " startStep="
            + next.start().step());
    if (next.members().isEmpty()) {
      return;
    }
    fx.perform(new AgentAction.OpenGroup(key(next), span));
    if (fetch != null && fetch.generation().equals(next.generation())) {
      arrivingToldNs = fx.nowNs();
      fx.perform(new AgentAction.FetchSnapshots(fetch));
    } else {
      passOn(fx);
    }
    faults = faults.withFaults(link.terms().job().faults());
    fx.perform(new AgentAction.ArmFaults(faults.arm(next)));
    revokeIfMemberMissing(fx);
  }

  /** Who has not been told of the group cannot hang in it. */
  private void passOn(Effects<AgentEvent> fx) {
    told = group.generation();
    devices.assign(group.members().stream().map(Member::worker).toList());
    for (int local = 0; local < group.members().size(); local++) {
      enter(group.members().get(local), local, fx);
    }
    hangs.begin(link.terms().job(), fx);
  }

  /** The form that follows waits for it. */
  void fetch(ToAgent.Fetch order, Effects<AgentEvent> fx) {
    if (order.generation().isBefore(link.seen())) {
      link.refuse(order.generation(), "fetch snapshots", fx);
    } else {
      fetch = order;
    }
  }

  /** The master waits longer while there is progress; what makes none fails by itself. */
  void arriving(AgentEvent.SnapshotsArriving event, Effects<AgentEvent> fx) {
    long betweenNs = link.terms().job().startTimeoutNs() / ARRIVING_TOLD;
    if (active(event.generation()) && fx.nowNs() - arrivingToldNs >= betweenNs) {
      arrivingToldNs = fx.nowNs();
      link.tell(new ToMaster.Fetching(node, group.generation()), fx);
    }
  }

  private boolean active(long generation) {
    return group != null && group.active() && group.generation().number() == generation;
  }

  void fetched(AgentEvent.SnapshotsFetched event, Effects<AgentEvent> fx) {
    if (!active(event.generation())) {
      return; // over by now
    }
    fetch = null;
    if (event.problem().isEmpty()) {
      passOn(fx);
      revokeIfMemberMissing(fx);
    } else {
      unrestored(event.unread(), "node " + node + " cannot fetch: " + event.problem(), fx);
    }
  }

  private void enter(Member member, int localRank, Effects<AgentEvent> fx) {
    var start = group.start();
    crew.find(member.worker())
        .filter(LocalWorker::usable)
        .ifPresent(worker -> {
          boolean holds = !start.needsState(member.rank());
          int saveEvery = checkpoints.saveEvery(localRank);
          crew.update(worker.id(), w -> w.entered(holds ? start.step() : -1));
          fx.perform(
              new AgentAction.Tell(
                  worker.id(),
                  placed(
                      worker.id(),
                      new ToWorker.Form(
                          group.generation().number(),
                          member.rank(),
                          group.worldSize(),
                          localRank,
                          start.step(),
                          start.sourceRank(),
                          start.needState(),
                          start.restore() == null ? null : medium(start.restore().from()),
                          start.restore() == null ? 0 : start.restore().generation().number(),
                          saveEvery,
                          saveEvery == 0 ? 0 : checkpoints.shard(member),
                          saveEvery == 0 ? 0 : checkpoints.shards()))));
        });
  }

  private ToWorker.Form placed(WorkerId worker, ToWorker.Form form) {
    boolean onGpus = link.terms().job().worker().gpus() != JobSpec.Gpus.OFF;
    return onGpus ? form.on(devices.of(worker)) : form;
  }

  private static String medium(ToAgent.Medium medium) {
    return switch (medium) {
      case MEMORY -> ToWorker.Form.MEMORY;
      case STORAGE -> ToWorker.Form.STORAGE;
    };
  }

  /** A member may have died while the order was under way. */
  private void revokeIfMemberMissing(Effects<AgentEvent> fx) {
    for (Member member : group.members()) {
      if (crew.find(member.worker()).filter(LocalWorker::usable).isEmpty()) {
        revoke("member is gone: worker=" + member.worker(), fx);
        return;
      }
    }
  }

  /**
   * @param step as the worker told it; for JOINED the group's start step is taken
   */
  void passed(
      WorkerId worker, long generation, Milestone milestone, long step, Effects<AgentEvent> fx) {
    if (group == null
        || group.generation().number() != generation
        || group.member(worker).isEmpty()) {
      return; // of a group that is over
    }
    boolean before = group.allPassed(milestone);
    group = group.with(milestone, worker);
    if (milestone == Milestone.RESTORED) {
      crew.update(worker, w -> w.holding(Math.max(w.heldStep(), step)));
    }
    if (!before && group.allPassed(milestone) && group.active()) {
      long at = milestone == Milestone.JOINED ? group.start().step() : step;
      link.tell(new ToMaster.Reached(node, group.generation(), milestone, at), fx);
      if (fx.buggified(Buggify.MILESTONES_AGAIN, generation)) {
        repeatMilestones(fx);
      }
      if (milestone == Milestone.JOINED) {
        removeRetired(fx); // nobody can be on the way into an older one any more
      }
    }
  }

  private void removeRetired(Effects<AgentEvent> fx) {
    for (LocalGroup old : retired) {
      if (!old.members().isEmpty()) {
        fx.perform(new AgentAction.RemoveGroup(key(old)));
      }
    }
    retired.clear();
  }

  void repeatMilestones(Effects<AgentEvent> fx) {
    if (group == null || !group.active() || group.members().isEmpty()) {
      return;
    }
    for (Milestone milestone : Milestone.values()) {
      if (group.allPassed(milestone)) {
        long first = Math.min(group.start().step() + 1, link.terms().job().steps());
        long step = milestone == Milestone.STEPPED ? first : group.start().step();
        link.tell(new ToMaster.Reached(node, group.generation(), milestone, step), fx);
      }
    }
  }

  /**
   * A master, perhaps a new one, has just welcomed this agent: tell it again what the former may
   * not have heard.
   */
  void resynchronise(Effects<AgentEvent> fx) {
    repeatMilestones(fx);
    answerDue = answerDue || (group != null && !group.active() && !group.members().isEmpty());
    answerIfKnown(fx);
  }

  /**
   * @param order of the master; also ends older generations
   */
  void revoke(ToAgent.Revoke order, Effects<AgentEvent> fx) {
    Generation generation = order.generation();
    if (group != null && generation.isBefore(group.generation())) {
      link.tell(
          new ToMaster.Revoked(node, generation, List.of()), fx); // its members have long moved on
      return;
    }
    link.admit(generation);
    revokedUpTo = max(revokedUpTo, generation);
    orderedUpTo = max(orderedUpTo, generation);
    revoke(order.reason(), fx);
    answerIfKnown(fx);
  }

  /** The newest generation of the master is newer than ours: its revoke was lost with a link. */
  void overtaken(Generation newest, Effects<AgentEvent> fx) {
    if (group != null && group.active() && group.generation().isBefore(newest)) {
      revoke("overtaken by generation " + newest, fx);
    }
  }

  void lost(WorkerId worker, String reason, Effects<AgentEvent> fx) {
    if (group != null && group.member(worker).isPresent()) {
      revoke(reason + ": worker=" + worker, fx);
    }
  }

  /** Idempotent; ends what is active. */
  private void revoke(String reason, Effects<AgentEvent> fx) {
    if (group == null || !group.active()) {
      return;
    }
    var ended = group;
    checkpoints.ended();
    group = group.revoking();
    revokedUpTo = max(revokedUpTo, ended.generation());
    answerDue = true;
    if (ended.members().isEmpty()) {
      group = group.revoked(ended.start().step(), List.of(), false);
      return;
    }
    fx.note("group.revoked", "generation=" + ended.generation() + " reason=" + reason);
    hangs.end(fx);
    fx.perform(new AgentAction.ArmFaults(List.of()));
    fx.perform(
        new AgentAction.RevokeGroup(
            key(ended), ended.members().stream().map(Member::worker).toList(), reason));
    survivors(ended)
        .forEach(w ->
            fx.perform(
                new AgentAction.Tell(
                    w.id(), new ToWorker.Revoke(ended.generation().number(), reason))));
  }

  void revoked(AgentEvent.GroupRevoked event, Effects<AgentEvent> fx) {
    if (group == null
        || group.generation().number() != event.generation()
        || group.status() != LocalGroup.Status.REVOKING) {
      return;
    }
    group = group.revoked(event.committedStep(), event.snapshots(), event.inDoubt());
    if (told.equals(group.generation())) { // else they hold what they held before
      settle(event.committedStep());
    }
    answerIfKnown(fx);
  }

  private void settle(long committedStep) {
    for (Member member : group.members()) {
      boolean holds = group.holdsState(member, committedStep);
      crew.update(member.worker(), w -> w.holding(holds ? committedStep : -1));
    }
  }

  /**
   * Answers the master's order at once; a revoke begun here only after the end of whoever was lost
   * has been told.
   */
  void answerIfKnown(Effects<AgentEvent> fx) {
    if (group != null && group.status() == LocalGroup.Status.REVOKING) {
      return;
    }
    if (!orderedUpTo.equals(Generation.NONE)) {
      answer(orderedUpTo, fx);
      orderedUpTo = Generation.NONE;
      answerDue = false;
    } else if (answerDue && group != null && group.members().stream().noneMatch(this::dying)) {
      answer(group.generation(), fx);
      answerDue = false;
    }
  }

  private boolean dying(Member member) {
    return crew.find(member.worker()).filter(LocalWorker::lost).isPresent();
  }

  private void answer(Generation generation, Effects<AgentEvent> fx) {
    var survivors =
        group == null
            ? List.<ToMaster.Survivor>of()
            : survivors(group).stream()
                .map(w -> new ToMaster.Survivor(w.id(), w.heldStep()))
                .toList();
    var snapshots = group == null ? List.<ToMaster.Snapshot>of() : group.snapshots();
    boolean inDoubt = group != null && group.inDoubt() && group.generation().equals(generation);
    link.tell(new ToMaster.Revoked(node, generation, survivors, snapshots, inDoubt), fx);
  }

  private List<LocalWorker> survivors(LocalGroup of) {
    return of.members().stream()
        .flatMap(m -> crew.find(m.worker()).filter(LocalWorker::usable).stream())
        .toList();
  }

  /** Whether it is in this group, which has not ended. */
  boolean activeMember(WorkerId worker, long generation) {
    return active(generation) && group.member(worker).isPresent();
  }

  /** Nobody's failure: the group ends, and its members go on from something else. */
  void restoreFailed(WorkerId worker, FromWorker.RestoreFailed failed, Effects<AgentEvent> fx) {
    if (activeMember(worker, failed.generation())) {
      unrestored(node, "worker " + worker + " cannot restore: " + failed.problem(), fx);
    }
  }

  private void unrestored(NodeId unread, String problem, Effects<AgentEvent> fx) {
    fx.note("group.unrestored", "generation=" + group.generation() + " " + problem);
    link.tell(new ToMaster.RestoreFailed(node, group.generation(), unread, problem), fx);
    revoke(problem, fx);
  }

  /**
   * The state a worker holds after it unwound is known already; a difference would be a broken
   * invariant. One that left what goes on here was told so elsewhere: by another host, or because
   * that host is silent.
   */
  void left(WorkerId worker, FromWorker.Left left, Effects<AgentEvent> fx) {
    if (activeMember(worker, left.generation())) {
      endedByMembers = group.generation();
      revoke("it ended where its members meet: worker=" + worker, fx);
      return;
    }
    if (group == null
        || group.generation().number() != left.generation()
        || group.status() != LocalGroup.Status.REVOKED) {
      return;
    }
    crew.find(worker)
        .filter(w -> w.heldStep() >= 0 && w.heldStep() != left.appliedStep())
        .ifPresent(w ->
            fx.note(
                "group.state-differs",
                "worker holds another step than was committed: worker="
                    + worker
                    + " generation="
                    + left.generation()
                    + " expected="
                    + w.heldStep()
                    + " actual="
                    + left.appliedStep()));
  }

  /** For the registration: plain commands are in the generation of their place. */
  Generation reportedGeneration(LocalWorker worker) {
    return worker.place() == null ? generationOf(worker.id()) : worker.place().generation();
  }

  /** The committed step once its group is revoked, what its page says before. */
  long appliedStep(LocalWorker worker, List<Reading> readings) {
    boolean known =
        group != null
            && group.status() == LocalGroup.Status.REVOKED
            && group.member(worker.id()).isPresent();
    return known
        ? worker.heldStep()
        : readings.stream()
            .filter(r -> r.worker().equals(worker.id()))
            .mapToLong(Reading::appliedStep)
            .findFirst()
            .orElse(0);
  }

  /** Whether its members had left it when this agent ended it: it does not know why. */
  boolean endedByMembers(long generation) {
    return endedByMembers.number() == generation;
  }

  void fired(AgentEvent.FaultFired event, Effects<AgentEvent> fx) {
    faults = faults.fired(event.rank(), event.step());
    crew.update(event.worker(), w -> w.hitAt(event.atNs()));
    fx.note(
        "fault.fired",
        "rank=" + event.rank() + " step=" + event.step() + " worker=" + event.worker());
  }

  Optional<LocalGroup> group() {
    return Optional.ofNullable(group);
  }

  /** {@link Generation#NONE} for a spare. */
  Generation generationOf(WorkerId worker) {
    return group != null && group.member(worker).isPresent() ? group.generation() : Generation.NONE;
  }

  private AgentAction.GroupKey key(LocalGroup of) {
    return of.key(link.terms().job().worker().sharedBytesPerRank());
  }

  private static Generation max(Generation a, Generation b) {
    return a.isBefore(b) ? b : a;
  }
}
