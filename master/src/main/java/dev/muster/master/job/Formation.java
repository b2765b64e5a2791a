package dev.muster.master.job;

import dev.muster.master.rank.RankPlan;
import dev.muster.master.rendezvous.Rendezvous;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.run.Recovery;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Builds groups: which workers are started, which are taken, at which rank, and whose state they go
 * on from.
 */
final class Formation {
  private final JobState state;
  private ToAgent.Form order;

  Formation(JobState state) {
    this.state = state;
  }

  /** The order that makes the current group. */
  ToAgent.Form order() {
    return order;
  }

  Rendezvous.Decision decide(long nowNs) {
    var newcomers = new TreeMap<WorkerId, Long>();
    state.fleet.spares(state.group).forEach(w -> newcomers.put(w.id, w.readyNs));
    int starting = state.fleet.starting().size();
    var view =
        new Regroup.View(
            survivorsInRankOrder(),
            newcomers,
            starting,
            state.firstGroup(),
            state.gatheringSinceNs);
    return switch (Regroup.decide(view, state.config.regroup(), nowNs)) {
      case Rendezvous.Decision.Form form when state.firstGroup() ->
          spread(form, newcomers.values(), nowNs);
      case Rendezvous.Decision other -> other;
    };
  }

  /**
   * A first group on fewer nodes than could carry it would be lost with one of them: last call
   * waits for the others.
   */
  private Rendezvous.Decision spread(
      Rendezvous.Decision.Form form, Collection<Long> readyNs, long nowNs) {
    int size = form.workers().size();
    int wanted = Math.min(state.config.agents(), size);
    long nodes = chosen(size).stream().map(WorkerId::node).distinct().count();
    long enoughSinceNs = readyNs.stream().sorted().skip(size - 1).findFirst().orElse(nowNs);
    long leftNs = enoughSinceNs + state.config.job().lastCallNs() - nowNs;
    return nodes >= wanted || leftNs <= 0
        ? form
        : new Rendezvous.Decision.Wait(
            leftNs, "last call for other nodes: nodes=" + nodes + " wanted=" + wanted);
  }

  /**
   * Whether a node that may come back in a moment holds a later step than all that are there:
   * without it, committed steps would be given up.
   */
  boolean holdersSuspect() {
    long best =
        Math.max(
            newest(state.fleet.survivors(state.group)), newest(state.fleet.spares(state.group)));
    return newest(state.fleet.suspects(state.group)) > Math.max(0, best);
  }

  /**
   * A node that was given up, whose workers may still live, and hold a later step than all that are
   * there: it may come back until its lease ends.
   */
  Optional<NodeId> awaitedHolder(long nowNs) {
    long best =
        Math.max(
            newest(state.fleet.survivors(state.group)), newest(state.fleet.spares(state.group)));
    return state.stepsOfLostNodes.entrySet().stream()
        .filter(lost -> lost.getValue() > Math.max(0, best))
        .map(Map.Entry::getKey)
        .filter(node -> leaseLeftNs(node, nowNs) > 0)
        .findFirst();
  }

  long leaseLeftNs(NodeId node, long nowNs) {
    return Math.max(0, state.health.safeAtNs(node).orElse(nowNs) - nowNs);
  }

  private static long newest(List<Fleet.Worker> workers) {
    return workers.stream().mapToLong(w -> w.appliedStep).max().orElse(-1);
  }

  /** The rendezvous says how many; survivors come first, newcomers are spread over the nodes. */
  private List<WorkerId> chosen(int size) {
    var survivors = survivorsInRankOrder();
    var chosen = new ArrayList<>(survivors);
    chosen.addAll(Seating.balanced(survivors, ids(state.fleet.spares(state.group))));
    return List.copyOf(chosen.subList(0, size));
  }

  /** In a first group nobody survives; later, members in the order of their former ranks. */
  private List<WorkerId> survivorsInRankOrder() {
    return state.fleet.survivors(state.group).stream()
        .sorted(Comparator.comparing(w -> state.group.rankOf(w.id).orElse(Integer.MAX_VALUE)))
        .map(w -> w.id)
        .toList();
  }

  private static List<WorkerId> ids(List<Fleet.Worker> workers) {
    return workers.stream().map(w -> w.id).toList();
  }

  void launch(Effects<JobEvent> fx) {
    int members = state.fleet.survivors(state.group).size();
    var view =
        new Staffing.View(
            members,
            state.fleet.spares(state.group).size(),
            state.fleet.starting().size(),
            state.phase == JobState.Phase.TRAINING,
            state.firstGroup());
    for (int left = Staffing.launches(view, state.config.staffing()); left > 0; left--) {
      var node = state.fleet.roomiest(perNodeLimit(fx.nowNs()));
      if (node.isEmpty()) {
        return;
      }
      launchOn(node.get(), fx);
    }
  }

  /** At first no node gets more than its share: the others may still be on their way. */
  private int perNodeLimit(long nowNs) {
    var job = state.config.job();
    return state.shareOfNode(job.workers() + job.spares(), nowNs);
  }

  private void launchOn(Fleet.Node node, Effects<JobEvent> fx) {
    var worker = state.fleet.add(new WorkerId(node.id, node.nextWorkerNumber), fx.nowNs());
    fx.note("worker.launched", "worker " + worker.id + " is started");
    state.order(fx, node.id, new ToAgent.Launch(worker.id, null));
    fx.timer(
        "start/" + worker.id,
        state.config.job().startTimeoutNs(),
        new JobEvent.StartOverdue(worker.id));
  }

  void form(int size, String reason, Effects<JobEvent> fx) {
    var former = state.group;
    var workers = chosen(size);
    var survivors = workers.stream().filter(former::contains).toList();
    var newcomers = workers.stream().filter(w -> !former.contains(w)).toList();
    List<Member> members = RankPlan.replace(former, survivors, newcomers, workers.size());
    long lost = chooseStart(members);
    state.stepsOfLostNodes.clear(); // whoever comes back now comes too late
    state.highest = state.highest.next();
    state.group = new Group(state.highest, members);
    members.forEach(m -> state.fleet.worker(m.worker()).orElseThrow().generation = state.highest);
    order = order(members);
    noteFormed(reason, lost, fx);
    if (state.clock != null) {
      state.clock.formed(
          lost > 0 ? Recovery.Kind.RESTART : kind(former, survivors, newcomers), lost);
    }
  }

  /**
   * The highest step any survivor holds wins; with no survivor training starts again. Returns how
   * many committed steps that gives up.
   */
  private long chooseStart(List<Member> members) {
    long best = members.stream().mapToLong(m -> applied(m.worker())).max().orElse(0);
    state.startStep = Math.max(0, best);
    long lost = Math.max(0, state.committedStep - state.startStep);
    state.committedStep = state.startStep;
    return lost;
  }

  private ToAgent.Form order(List<Member> members) {
    if (state.startStep == 0) {
      return new ToAgent.Form(state.group, 0, -1, List.of());
    }
    var need = new ArrayList<Integer>();
    int source = -1;
    for (var member : members) {
      if (applied(member.worker()) != state.startStep) {
        need.add(member.rank());
      } else if (source < 0) {
        source = member.rank();
      }
    }
    return new ToAgent.Form(state.group, state.startStep, source, List.copyOf(need));
  }

  private long applied(WorkerId worker) {
    return state.fleet.worker(worker).map(w -> w.appliedStep).orElse(-1L);
  }

  private Recovery.Kind kind(Group former, List<WorkerId> survivors, List<WorkerId> newcomers) {
    if (survivors.isEmpty()) {
      return Recovery.Kind.RESTART;
    }
    if (newcomers.isEmpty()) {
      return state.group.worldSize() < former.worldSize()
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
            .formatted(state.highest, state.group.worldSize(), state.startStep, reason);
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
                state.group.worldSize(),
                "startStep",
                state.startStep,
                "lostSteps",
                lost,
                "members",
                Snapshots.members(state.group))));
  }
}
