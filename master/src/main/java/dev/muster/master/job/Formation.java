package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Choice;
import dev.muster.master.rank.RankPlan;
import dev.muster.master.rendezvous.Rendezvous;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.run.Recovery;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Builds groups: which workers are started, which are taken, at which rank, and whose state they go
 * on from.
 */
final class Formation {
  private static final long LATE_NS = 500_000_000L;

  private final JobState state;
  private StartChoice.Start start; // of the current group
  private long lastCallNs = Long.MIN_VALUE; // end of the one for nodes of the first group
  private int nodesWanted;

  Formation(JobState state) {
    this.state = state;
  }

  /** The order that makes the current group. */
  ToAgent.Form order() {
    return start.order();
  }

  /** What {@code node} has to fetch before its members can restore. */
  Optional<ToAgent.Fetch> fetch(NodeId node) {
    return Optional.ofNullable(start.fetches().get(node));
  }

  /** What it goes on from could not be read: what is in that node's memory is taken for lost. */
  void unreadable(NodeId node) {
    var saved = start.saved();
    if (saved != null) {
      boolean memory = saved.from() == ToAgent.Medium.MEMORY;
      state.checkpoints.unreadable(
          new Choice(saved.from(), saved.point(), memory ? List.of(node) : List.of()));
    }
  }

  Rendezvous.Decision decide(Effects<JobEvent> fx) {
    long nowNs = fx.nowNs();
    var count = state.fleet.count();
    if (state.firstGroup() && nowNs < lastCallNs && count.nodesWithSpares() < nodesWanted) {
      return lastCall(lastCallNs - nowNs);
    }
    var view =
        new Regroup.View(
            count.survivors(),
            count.spares(),
            this::sparesSinceNs,
            size -> chosen(size, fx),
            count.starting(),
            state.firstGroup(),
            state.gatheringSinceNs);
    return switch (Regroup.decide(view, state.config.regroup(), nowNs)) {
      case Rendezvous.Decision.Form form when state.firstGroup() -> spread(form, nowNs);
      case Rendezvous.Decision other -> other;
    };
  }

  /** What there is beside the current group; at least one spare. */
  Growth.View growth() {
    var count = state.fleet.count();
    int missing = state.config.job().workers() - state.group().worldSize();
    return new Growth.View(missing, count.spares(), count.starting(), sparesSinceNs(1));
  }

  /** Since when so many spares are ready. */
  private long sparesSinceNs(int spares) {
    return state.fleet.spares().stream()
        .mapToLong(Fleet.Worker::readyNs)
        .sorted()
        .skip(spares - 1)
        .findFirst()
        .orElseThrow();
  }

  /**
   * A first group on fewer nodes than could carry it would be lost with one of them: last call
   * waits for the others.
   */
  private Rendezvous.Decision spread(Rendezvous.Decision.Form form, long nowNs) {
    int size = form.workers().size();
    nodesWanted = Math.min(state.config.agents(), size);
    long nodes = form.workers().stream().map(WorkerId::node).distinct().count();
    lastCallNs = sparesSinceNs(size) + state.config.job().lastCallNs();
    return nodes >= nodesWanted || lastCallNs <= nowNs ? form : lastCall(lastCallNs - nowNs);
  }

  private Rendezvous.Decision lastCall(long leftNs) {
    return new Rendezvous.Decision.Wait(
        leftNs,
        "last call for other nodes: nodes="
            + state.fleet.count().nodesWithSpares()
            + " wanted="
            + nodesWanted);
  }

  /**
   * Whether a node that may come back in a moment holds a later step than all that are there:
   * without it, committed steps would be given up.
   */
  boolean holdersSuspect() {
    return state.fleet.count().suspects() > 0
        && state.fleet.newestOfSuspects() > Math.max(0, state.fleet.newestStep());
  }

  /**
   * A node that was given up, whose workers may still live, and hold a later step than all that are
   * there: it may come back until its lease ends.
   */
  Optional<NodeId> awaitedHolder(long nowNs) {
    return state.lostHolders.beyond(
        Math.max(0, state.fleet.newestStep()), node -> leaseLeftNs(node, nowNs) > 0);
  }

  /** Nodes that were given up hold nothing any more once their lease has ended. */
  void forgetFenced(long nowNs) {
    state.lostHolders.forget(node -> leaseLeftNs(node, nowNs) == 0);
  }

  long leaseLeftNs(NodeId node, long nowNs) {
    return Math.max(0, state.health.safeAtNs(node).orElse(nowNs) - nowNs);
  }

  /** The rendezvous says how many; survivors come first, newcomers are spread over the nodes. */
  private List<WorkerId> chosen(int size, Effects<JobEvent> fx) {
    var chosen = state.fleet.survivors();
    if (chosen.size() < size) {
      var spares = state.fleet.spares().stream().map(w -> w.id).toList();
      var best = Seating.balanced(state.fleet::survivorsOn, spares);
      chosen.addAll(buggified(Buggify.SPARES_BADLY_PLACED, fx) ? best.reversed() : best);
    }
    return List.copyOf(withHolder(chosen.subList(0, size)));
  }

  /** A worker that was left out of a group may be the last one that holds steps of it. */
  private List<WorkerId> withHolder(List<WorkerId> chosen) {
    long newest = state.fleet.newestStep();
    if (newest > 0 && chosen.stream().noneMatch(id -> holds(id, newest))) {
      state.fleet.spares().stream()
          .filter(spare -> spare.appliedStep() >= newest)
          .findFirst()
          .ifPresent(spare -> chosen.set(chosen.size() - 1, spare.id));
    }
    return chosen;
  }

  private boolean holds(WorkerId id, long step) {
    return state.fleet.worker(id).filter(worker -> worker.appliedStep() >= step).isPresent();
  }

  void launch(Effects<JobEvent> fx) {
    var count = state.fleet.count();
    var view =
        new Staffing.View(
            count.survivors(),
            count.spares(),
            count.starting(),
            state.phase == JobState.Phase.TRAINING,
            state.firstGroup());
    for (int left = Staffing.launches(view, state.config.staffing()); left > 0; left--) {
      var node = state.fleet.roomiest(perNodeLimit(fx));
      if (node.isEmpty()) {
        return;
      }
      if (buggified(Buggify.LAUNCH_LATE, fx)) {
        fx.timer("launch", LATE_NS, new JobEvent.Recheck());
        return;
      }
      launchOn(node.get(), fx);
    }
  }

  private boolean buggified(Buggify point, Effects<JobEvent> fx) {
    return fx.buggified(point, state.highest.number());
  }

  /** At first no node gets more than its share: the others may still be on their way. */
  private int perNodeLimit(Effects<JobEvent> fx) {
    var job = state.config.job();
    return state.firstGroup() && buggified(Buggify.CROWDED_START, fx)
        ? Integer.MAX_VALUE
        : state.shareOfNode(job.workers() + job.spares(), fx.nowNs());
  }

  private void launchOn(Fleet.Node node, Effects<JobEvent> fx) {
    var worker = state.fleet.add(new WorkerId(node.id, node.nextWorkerNumber()), fx.nowNs());
    fx.note("worker.launched", "worker " + worker.id + " is started");
    state.order(fx, node.id, new ToAgent.Launch(worker.id, null));
    fx.timer(
        "start/" + worker.id, startTimeoutNs(worker.id, fx), new JobEvent.StartOverdue(worker.id));
  }

  private long startTimeoutNs(WorkerId worker, Effects<JobEvent> fx) {
    long timeoutNs = state.config.job().startTimeoutNs();
    boolean early = fx.buggified(Buggify.START_OVERDUE_EARLY, worker.hashCode());
    return early ? JobState.soon(timeoutNs) : timeoutNs;
  }

  /**
   * @param workers as {@link #decide} chose them
   */
  void form(List<WorkerId> workers, String reason, Effects<JobEvent> fx) {
    var former = state.group();
    var survivors = new ArrayList<WorkerId>(workers.size());
    var newcomers = new ArrayList<WorkerId>();
    int next = 0;
    for (var worker : workers) {
      int rank = former.rankOf(worker, next);
      next = rank < 0 ? next : rank + 1;
      (rank < 0 ? newcomers : survivors).add(worker);
    }
    var seated =
        former.isEmpty()
            ? HostParts.together(newcomers, node -> state.fleet.node(node).machine())
            : newcomers;
    List<Member> members = RankPlan.replace(former, survivors, seated, workers.size());
    state.highest = state.highest.next();
    state.regroup(former.followedBy(state.highest, members));
    state.saves.formed();
    start = new StartChoice(state, state.group()).choose();
    state.startStep = start.order().startStep();
    state.checkpoints.begins(state.highest, state.startStep);
    long lost = Math.max(0, state.committedStep - state.startStep);
    state.committedStep = state.startStep;
    noteFormed(reason, lost, fx);
    if (state.clock != null) {
      state.clock.formed(
          lost > 0 ? Recovery.Kind.RESTART : kind(former, survivors, newcomers), lost);
    }
  }

  private Recovery.Kind kind(Group former, List<WorkerId> survivors, List<WorkerId> newcomers) {
    if (survivors.isEmpty()) {
      return Recovery.Kind.RESTART;
    }
    if (newcomers.isEmpty()) {
      return state.group().worldSize() < former.worldSize()
          ? Recovery.Kind.SHRINK
          : Recovery.Kind.REBUILD;
    }
    boolean cold =
        newcomers.stream()
            .anyMatch(w -> state.fleet.worker(w).orElseThrow().launchedNs >= state.clock.heardNs());
    return cold ? Recovery.Kind.COLD : Recovery.Kind.SPARE;
  }

  private void noteFormed(String reason, long lost, Effects<JobEvent> fx) {
    String text =
        "generation %s: %d workers from step %d: %s"
            .formatted(state.highest, state.group().worldSize(), state.startStep, reason);
    if (start.saved() != null) {
      text += "; the state is read from " + start.saved().from().name().toLowerCase(Locale.ROOT);
    }
    long fetched = start.fetches().values().stream().mapToLong(f -> f.wanted().size()).sum();
    if (fetched > 0) {
      text += ", %d of its shards from peers".formatted(fetched);
    }
    if (lost > 0) {
      text +=
          "; nobody is left who holds step %d: %d committed steps are redone"
              .formatted(state.startStep + lost, lost);
    }
    fx.note(
        new Observation(
            "generation.formed",
            text,
            Map.of(
                "generation",
                state.highest.number(),
                "workers",
                state.group().worldSize(),
                "startStep",
                state.startStep,
                "lostSteps",
                lost,
                "members",
                Snapshots.members(state.group()))));
  }
}
