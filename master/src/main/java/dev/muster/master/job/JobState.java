package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger;
import dev.muster.master.checkpoint.Exposure;
import dev.muster.master.health.LastHeard;
import dev.muster.master.health.NodeHealth;
import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.FirstCause;
import dev.muster.protocol.run.Recovery;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** What a {@link Job} holds; its parts share it. Touched only within one event. */
final class JobState {
  private static final long SOON_NS = 1_000_000L;
  private static final long RESTART_NS = 30_000_000_000L; // until a recovery has been measured
  private static final long RESTART_NS_MAX = 3_600_000_000_000L;

  enum Phase {
    GATHERING,
    ORDERED,
    JOINING,
    TRAINING,
    REVOKING,
    SAVING,
    ENDING,
    OVER
  }

  final JobConfig config;
  final Fleet fleet = new Fleet();
  Phase phase = Phase.GATHERING;
  private boolean nodesReturn; // until a new master has formed a group
  private Group group = Group.NONE;
  long startStep;

  /** Highest generation ever formed or seen; the next one is above it. */
  Generation highest = Generation.NONE;

  final NodeHealth health;
  long gatheringSinceNs;

  /** Every member of the former group is certainly stopped by the end of its lease. */
  boolean fenced;

  /**
   * Nobody who holds the last step acknowledged this end of the group: the leases of the others
   * must run out, so they are not renewed. Null when none is waited for.
   */
  Revocation outlasting;

  final LostHolders lostHolders = new LostHolders();

  /** States that no worker needs to hold. */
  final CheckpointLedger checkpoints = new CheckpointLedger();

  /** How often this job fails, as far as it has been seen. */
  final Exposure exposure = new Exposure();

  /** How often the members save. */
  final SavePacing saves;

  final Drain drain = new Drain(this);

  /** Each worker holds a part of the state. */
  boolean sharded;

  /**
   * Of a sharded state: those whose parts make it up when they are all of one step. A group has to
   * be restored by all before it is that; until then some may hold what they did in another place.
   */
  private List<Member> whole = List.of();

  /**
   * Workers with a hang verdict, until they are known to be gone: the order to kill one may be lost
   * with its node, which comes back with it, and what the agent then tells of it looks healthy.
   */
  final TreeSet<WorkerId> hung = new TreeSet<>();

  private boolean lastStepTold; // by a member of the group that has ended
  private boolean someRestored; // a node has told that its members hold the state of the group

  final Evidence evidence = new Evidence();
  RecoveryClock clock;
  final List<Recovery> recoveries = new ArrayList<>();
  FirstCause firstCause;

  long committedStep;
  double loss = Double.NaN;
  String unit = "units";
  final Map<NodeId, Double> rates = new HashMap<>(); // only their maximum is read
  long incarnation;

  /** The journal speaks: nothing else is asked. */
  boolean replaying;

  private final Map<NodeId, JobEvent.Seen> beats = new HashMap<>(); // not journaled yet
  private String detail = "";
  private Generation awaited;

  JobState(JobConfig config, LastHeard lastHeard) {
    this.config = config;
    this.saves = new SavePacing(this);
    this.health = new NodeHealth(config.health(), journaled(lastHeard));
  }

  /** What was not recorded but decided upon goes to the journal, which alone a replay asks. */
  private LastHeard journaled(LastHeard source) {
    return node -> journaled(node, source.of(node));
  }

  private LastHeard.OfNode journaled(NodeId node, LastHeard.OfNode source) {
    return new LastHeard.OfNode() {
      @Override
      public long lastHeardNs(long recordedNs) {
        return replaying ? recordedNs : source.lastHeardNs(recordedNs);
      }

      @Override
      public long leasedNs(long recordedNs) {
        long leasedNs = replaying ? recordedNs : source.leasedNs(recordedNs);
        if (leasedNs != recordedNs) {
          beat(node, leasedNs, leasedNs); // a lease is renewed when a beat is heard
        }
        return leasedNs;
      }

      @Override
      public boolean isRegular(Runnable look) {
        return !replaying && source.isRegular(look);
      }
    };
  }

  /** What the job is doing, in words; noted when it changes. */
  void detail(String text, Effects<JobEvent> fx) {
    if (!text.equals(detail)) {
      detail = text;
      fx.note("job.detail", text);
    }
  }

  /** From a failure until training goes on: the mean of what was measured. */
  long restartNs() {
    double ms = recoveries.stream().mapToDouble(Recovery::totalMs).average().orElse(-1);
    return ms < 0 ? RESTART_NS : Math.clamp((long) (ms * 1e6), 0, RESTART_NS_MAX);
  }

  /** Told after every event, by a clock that ran on; only a figure for people, no decision. */
  void eventTook(long ns) {
    if (clock != null) {
      clock.eventTook(ns);
    }
  }

  /** What a gathering waits for; the figures change, so only the words are compared. */
  void waiting(String reason, Effects<JobEvent> fx) {
    detail(
        "waiting for workers: "
            + fleet.count().starting()
            + " starting; "
            + withoutTimeLeft(reason),
        fx);
  }

  private static String withoutTimeLeft(String reason) {
    int at = reason.indexOf(" leftNs=");
    int from = at >= 0 && reason.startsWith("; waiting", at - 9) ? at - 9 : at;
    return from < 0 ? reason : reason.substring(0, from);
  }

  String detail() {
    return detail;
  }

  Group group() {
    return group;
  }

  void regroup(Group next) {
    group = next;
    whole = holdsWhole() ? whole : List.of();
    nodesReturn = false;
    fleet.regroup(next);
  }

  /** All members hold the group's state. */
  void restored() {
    whole = group.members();
  }

  /** Whether what the members hold makes up a sharded state, given that it is of one step. */
  boolean holdsWhole() {
    return sharded && whole.equals(group.members());
  }

  /** Another master took over: nodes come back one after the other, as they first came. */
  void masterReplaced() {
    nodesReturn = true;
  }

  boolean firstGroup() {
    return highest.equals(Generation.NONE);
  }

  /**
   * How many of {@code processes} one node gets: for the first group, also of another master, its
   * share as long as expected nodes may still be on their way, which is until last call after the
   * first one; later any number.
   */
  int shareOfNode(int processes, long nowNs) {
    if (!firstGroup() && !nodesReturn) {
      return Integer.MAX_VALUE;
    }
    boolean complete =
        fleet.usableNodes() >= config.agents()
            || nowNs - fleet.earliestNs() >= config.job().lastCallNs();
    return !complete ? Math.ceilDiv(processes, config.agents()) : Integer.MAX_VALUE;
  }

  boolean ending() {
    return saving() || phase == Phase.ENDING || phase == Phase.OVER;
  }

  /** Whether the end waits until the newest step in memory is on storage. */
  boolean saving() {
    return phase == Phase.SAVING;
  }

  /** Whether the node's lease must run out: nobody knows what its workers do. */
  boolean outlasting(NodeId node) {
    return fleet.anyLeftOut(node)
        || outlasting != null && group.spans(node) && !outlasting.acknowledged().has(node);
  }

  /** Whether a group exists that could commit. */
  boolean grouped() {
    return phase == Phase.JOINING || phase == Phase.TRAINING;
  }

  /** A group begins, nobody knows how far it will come. */
  void stepsBegin() {
    lastStepTold = false;
    someRestored = false;
  }

  /** A node of the group that is being formed tells; of the others it is not known. */
  void someRestored() {
    someRestored = true;
  }

  /** A member of the group that has ended tells which step it holds. */
  void heldStep(long step) {
    committedStep = Math.max(committedStep, step);
  }

  /** And knows that no other can hold a later one; one that is in doubt tells nothing of others. */
  void lastStep(long step) {
    heldStep(step);
    if (!lastStepTold && step >= 0) {
      lastStepTold = true;
      lostHolders.lastStep(committedStep);
    }
  }

  /** Newest step that a member may hold which is not heard of any more; -1: none. */
  long mostHeld(Fleet.Worker member) {
    boolean newcomer = member.appliedStep() < 0 && phase == Phase.JOINING;
    if (newcomer && !someRestored || phase == Phase.ORDERED) {
      return member.appliedStep();
    }
    return lastStepTold ? Math.max(member.appliedStep(), committedStep) : LostHolders.ANY_STEP;
  }

  /** The group that has ended for all others, while workers of this node may still train in it. */
  Optional<Generation> unaware(ToMaster.Register register) {
    return register.workers().stream()
        .map(ToMaster.WorkerReport::generation)
        .filter(trains -> !trains.equals(Generation.NONE) && ended(trains))
        .max(Comparator.naturalOrder());
  }

  /** Whether it has ended; whose members may not know. */
  boolean ended(Generation generation) {
    boolean newest = generation.equals(group.generation());
    return generation.isBefore(group.generation()) || newest && phase == Phase.GATHERING;
  }

  void awaitDurable(Generation generation) {
    awaited = generation;
  }

  /** The generation whose decision must be durable before it goes on, once; null if none. */
  Generation takeAwaitedGeneration() {
    var taken = awaited;
    awaited = null;
    return taken;
  }

  /**
   * @param leasedNs 0 when its lease was not renewed
   */
  void beat(NodeId node, long heardNs, long leasedNs) {
    var seen = new JobEvent.Seen(node, heardNs, leasedNs);
    beats.merge(
        node,
        seen,
        (old, now) ->
            new JobEvent.Seen(
                node, Math.max(old.heardNs(), heardNs), Math.max(old.leasedNs(), now.leasedNs())));
  }

  /**
   * What beats have changed since this was called last; empty when none came.
   *
   * @param committedStep known before the event that is to follow them in the journal
   */
  Optional<JobEvent.Beats> takeBeats(long committedStep) {
    if (beats.isEmpty()) {
      return Optional.empty();
    }
    var nodes = new ArrayList<>(beats.values());
    nodes.sort(Comparator.comparing(JobEvent.Seen::node));
    var taken = new JobEvent.Beats(committedStep, List.copyOf(nodes));
    beats.clear();
    return Optional.of(taken);
  }

  void order(Effects<JobEvent> fx, NodeId node, ToAgent order) {
    order(fx, fleet.node(node), order);
  }

  void order(Effects<JobEvent> fx, Fleet.Node node, ToAgent order) {
    fx.send(node.peer, order);
    if (repeatable(order) && fx.buggified(Buggify.ORDER_TWICE, node.hash)) {
      fx.send(node.peer, order);
    }
  }

  /** A welcome and a lease each answer one message. */
  private static boolean repeatable(ToAgent order) {
    return !(order instanceof ToAgent.Welcome || order instanceof ToAgent.Lease);
  }

  /** An eighth of a wait, and more than nothing. */
  static long soon(long ns) {
    return Math.min(ns, SOON_NS + ns / 8);
  }

  void orderAll(Effects<JobEvent> fx, ToAgent order) {
    for (var node : fleet.nodes()) {
      if (node.usable()) {
        order(fx, node, order);
      }
    }
  }
}
