package dev.muster.simulator.cluster;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.checkpoint.StateId;
import dev.muster.worker.agent.AgentEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The data plane of one generation. Its steps are computed from the time it has trained, not
 * simulated one by one.
 */
final class SimulatedGroup {
  private static final long NEVER = Long.MAX_VALUE;
  private static final long FAR_NS = Long.MAX_VALUE / 4; // of a slow group the last step is further

  private final Generation generation;
  private final int worldSize;
  private final long orderedStep;
  private ToAgent.Form form; // null once it is forgotten
  private final Course course;
  private final long readNs;
  private final long lastStep;
  private final ClusterListener listener;
  private final Consumer<SimulatedGroup> atEnd;
  private List<SimulatedNode> nodes = new ArrayList<>(); // each once, as they entered
  private List<List<SimulatedWorker>> members = new ArrayList<>(); // per node
  private final long[] passedNs = new long[Milestone.values().length];
  private int entered;
  private long firstStep;
  private final Work work = new Work();
  private long trainsFromNs = NEVER;
  private long endNs = NEVER; // nothing commits any more
  private WorkerId culprit; // holds up the others; null: nobody
  private int culpritRank = -1;
  private List<Long> lastArrivals; // null while it goes on
  private long revokedNs = NEVER;
  private boolean lostMember;
  private StateId startState; // null unless the job makes checkpoints of its own
  private long savedTo; // newest step of which a save began
  private final Set<NodeId> inDoubt = new HashSet<>(); // hold all but the last committed step
  private final Map<NodeId, Long> told = new HashMap<>(); // in registrations: the step they hold
  private long ticket;
  private long awaitedNs;

  /**
   * @param readNs its modelled checkpoint; below 0: it begins with what its members hold
   */
  SimulatedGroup(
      ToAgent.Form form,
      Pace pace,
      long readNs,
      long lastStep,
      ClusterListener listener,
      Consumer<SimulatedGroup> atEnd) {
    this.generation = form.group().generation();
    this.worldSize = form.group().worldSize();
    this.orderedStep = form.startStep();
    this.form = form;
    this.course = new Course(pace);
    this.readNs = readNs;
    this.lastStep = lastStep;
    this.listener = listener;
    this.atEnd = atEnd;
    this.savedTo = pace.startStep();
    Arrays.fill(passedNs, NEVER);
  }

  /** Null once it is forgotten. */
  ToAgent.Form form() {
    return form;
  }

  /** Differs from the ordered one when the state comes from a checkpoint. */
  long startStep() {
    return course.startStep();
  }

  boolean fromCheckpoint() {
    return readNs >= 0;
  }

  long readNs() {
    return readNs;
  }

  /**
   * The world needs it no more. Workers that were in it, and agents that slept since, may remember
   * it for weeks, and there will be thousands: only how it went is kept.
   */
  void forget() {
    form = null;
    nodes = List.of();
    members = List.of();
    lastArrivals = null;
  }

  long generation() {
    return generation.number();
  }

  int worldSize() {
    return worldSize;
  }

  /** As fast as it steps now. */
  long stepNs() {
    return stepNs(work.speed());
  }

  /** As fast as it stepped then. */
  long stepNs(long atNs) {
    return stepNs(work.speed(atNs));
  }

  /** How many looks so far apart have seen a step, at least, since it steps as fast as now. */
  long looksAtPace(long fromNs, long periodNs, long nowNs) {
    long sinceNs = Math.max(fromNs, Math.max(trainsFromNs, work.sinceNs()));
    long untilNs = Math.min(nowNs, endNs);
    return untilNs <= sinceNs
        ? 0
        : Math.min(committed(untilNs) - committed(sinceNs), (untilNs - sinceNs) / periodNs);
  }

  private long stepNs(double speed) {
    return speed == 1 ? course.stepNs() : (long) (course.stepNs() / speed);
  }

  /** Its nodes, each once. */
  List<SimulatedNode> nodes() {
    return nodes;
  }

  void enter(SimulatedNode node, SimulatedWorker member) {
    if (nodes.isEmpty() || nodes.getLast() != node) {
      nodes.add(node);
      members.add(new ArrayList<>());
    }
    members.getLast().add(member);
    entered++;
  }

  /** As many members of a node that are computed; returns the place of their node. */
  int enter(SimulatedNode node, int count) {
    nodes.add(node);
    members.add(List.of());
    entered += count;
    return nodes.size() - 1;
  }

  /** The members of that node are played from now on. */
  void settle(int place, List<SimulatedWorker> played) {
    if (place < members.size()) { // else it is forgotten
      members.set(place, played);
    }
  }

  /** Whether all have begun collective initialisation. */
  boolean isFull() {
    return entered == worldSize();
  }

  /** What all its living members tell their agents at this moment. */
  void each(FromWorker message) {
    for (int node = 0; node < nodes.size(); node++) {
      for (var member : members.get(node)) {
        if (speaks(member)) {
          nodes.get(node).tell(new AgentEvent.Said(member.id, message));
        }
      }
    }
  }

  /** Its members that are alive and can act, node by node. */
  void members(BiConsumer<SimulatedNode, SimulatedWorker> action) {
    for (int node = 0; node < nodes.size(); node++) {
      for (var member : members.get(node)) {
        if (speaks(member)) {
          action.accept(nodes.get(node), member);
        }
      }
    }
  }

  /** All ranks hold this before its first step. */
  void startsFrom(StateId state) {
    startState = state;
  }

  StateId stateAt(long step) {
    return step > startStep() ? new StateId(generation(), step) : startState;
  }

  long savedTo() {
    return savedTo;
  }

  void savedTo(long step) {
    savedTo = step;
  }

  /** Steps between two saves. */
  long saveEvery() {
    return course.intervalSteps();
  }

  /** From the save of {@code step} on, which begins now. */
  void saveEvery(long step, int steps) {
    course.interval(step, steps);
  }

  /** What all its members that save have heard about that; empty while they have not. */
  OptionalInt orderedSaves() {
    var heard = new TreeSet<Integer>();
    members((node, worker) -> heard.add(worker.saveEvery()));
    heard.remove(0);
    return heard.size() == 1 ? OptionalInt.of(heard.first()) : OptionalInt.empty();
  }

  /** When its last step is looked for, as it was reckoned last. */
  long awaitedNs() {
    return awaitedNs;
  }

  void awaitedNs(long atNs) {
    awaitedNs = atNs;
  }

  /** Whatever waits with an older one is void. */
  long nextTicket() {
    return ++ticket;
  }

  boolean holdsTicket(long held) {
    return ticket == held;
  }

  private boolean speaks(SimulatedWorker member) {
    return member.group == this && !member.gone && !member.hung;
  }

  /** All its members pass this now. */
  void pass(Milestone milestone, long nowNs) {
    passedNs[milestone.ordinal()] = nowNs;
    firstStep = milestone == Milestone.STEPPED ? committed(nowNs) : firstStep;
  }

  boolean passed(Milestone milestone) {
    return passedNs(milestone) != NEVER;
  }

  long passedNs(Milestone milestone) {
    return passedNs[milestone.ordinal()];
  }

  /** What every member says that passed this. */
  FromWorker said(Milestone milestone) {
    return switch (milestone) {
      case JOINED -> new FromWorker.Joined(generation());
      case RESTORED -> new FromWorker.Restored(generation(), startStep());
      case STEPPED -> new FromWorker.Stepped(generation(), firstStep);
    };
  }

  /** What the agent of a node tells whose members all said that. */
  ToMaster.Reached reached(SimulatedNode node, Milestone milestone) {
    long step =
        switch (milestone) {
          case JOINED -> orderedStep;
          case RESTORED -> startStep();
          case STEPPED -> firstStep;
        };
    return new ToMaster.Reached(node.id(), generation, milestone, step);
  }

  void train(long nowNs) {
    trainsFromNs = nowNs;
    work.begin(nowNs);
  }

  /** The slowest member runs at {@code next} from now on; what is done of a step stays done. */
  void pace(double next, long nowNs) {
    if (!ended()) {
      work.speed(next, nowNs);
    }
  }

  /**
   * A save takes longer than most: all ranks stand still for so long beyond what they do anyway.
   */
  void holdUp(long saveNs, long nowNs) {
    long longerNs = Saving.heldUpNs(saveNs, course.stepNs()) - course.stallNs();
    if (longerNs > 0 && !ended()) {
      work.holdUp(longerNs, nowNs);
    }
  }

  boolean restored(long atNs) {
    return trainsFromNs <= atNs;
  }

  boolean trains(long nowNs) {
    return restored(nowNs) && endNs == NEVER;
  }

  boolean endedBy(long atNs) {
    return endNs <= atNs;
  }

  boolean ended() {
    return endNs != NEVER;
  }

  long committed(long nowNs) {
    return restored(nowNs) ? Math.min(lastStep, course.committed(workNs(nowNs))) : startStep();
  }

  /** Time it has trained, as if at full speed. */
  private long workNs(long nowNs) {
    return restored(nowNs) ? work.workedNs(Math.min(nowNs, endNs)) : 0;
  }

  /** Newest checkpoint of this group, -1: none. */
  long durable(long nowNs) {
    return course.durable(workNs(nowNs));
  }

  ClusterListener.Trained trained(long nowNs) {
    long trainedNs = restored(nowNs) ? Math.max(0, Math.min(nowNs, endNs) - trainsFromNs) : 0;
    long workNs = workNs(nowNs);
    long heldUpNs = restored(nowNs) ? work.heldUpNs(Math.min(nowNs, endNs)) : 0;
    return new ClusterListener.Trained(
        startStep(),
        committed(nowNs),
        course.stepNs(),
        trainedNs,
        workNs + heldUpNs,
        course.stalledNs(workNs) + heldUpNs);
  }

  /**
   * The members of this node do not know that the last step is committed, and hold the one before.
   * The group has just ended.
   */
  void doubt(NodeId node) {
    inDoubt.add(node);
  }

  /** The agent of this node is about to tell the master which step its members hold now. */
  void tells(NodeId node, long nowNs) {
    told.put(node, committed(nowNs));
  }

  /** What a node has told it holds, it does not forget. */
  boolean mayDoubt(NodeId node, long nowNs) {
    return told.getOrDefault(node, -1L) < committed(nowNs);
  }

  boolean inDoubt(NodeId node) {
    return inDoubt.contains(node);
  }

  /** Whether it may have ended while the votes for its last step were on their way. */
  boolean canBeInDoubt(long nowNs) {
    long last = committed(nowNs);
    return passed(Milestone.STEPPED) && last > firstStep && last > savedTo && last < lastStep;
  }

  /** As members of this node know; doubt begins with the end. */
  long committed(NodeId node, long nowNs) {
    return committed(nowNs) - (endedBy(nowNs) && inDoubt.contains(node) ? 1 : 0);
  }

  /** A member stopped: the step in flight never commits. */
  void stall(WorkerId by, long nowNs) {
    if (endNs == NEVER) {
      listener.stopped(nowNs, generation(), trained(nowNs));
      endNs = nowNs;
      culprit = by;
      culpritRank = by == null ? -1 : form.group().rankOf(by).orElse(-1);
      atEnd.accept(this);
    }
  }

  /** Whether this member waits for another one. */
  boolean waits(WorkerId member, long atNs) {
    return endedBy(atNs) && !member.equals(culprit);
  }

  /** How many synchronisation points each rank has passed. */
  List<Long> arrivals(long atNs) {
    if (!endedBy(atNs)) {
      return Collections.nCopies(worldSize(), committed(atNs));
    }
    if (lastArrivals == null) { // asked again and again, until the group is revoked
      long last = committed(atNs);
      lastArrivals = new ArrayList<>(Collections.nCopies(worldSize(), last + 1));
      if (culpritRank >= 0) {
        lastArrivals.set(culpritRank, last);
      }
    }
    return lastArrivals;
  }

  void revoke(long nowNs) {
    stall(null, nowNs);
    revokedNs = Math.min(revokedNs, nowNs);
  }

  boolean revokedBy(long atNs) {
    return revokedNs <= atNs;
  }

  /** A process with this group's state is gone. */
  void lose() {
    lostMember = true;
  }

  boolean lostMember() {
    return lostMember;
  }

  /** How long ago its newest step was committed, when nothing has been since it ended. */
  long withoutProgressNs(long nowNs) {
    long workNs = workNs(nowNs) - course.untilNs(committed(nowNs));
    return restored(nowNs) ? (long) (workNs / work.speed()) : 0;
  }

  /** Time until its last step is committed, if it goes on like this. */
  long leftNs(long nowNs) {
    return leftNs(lastStep, nowNs);
  }

  /** Time until {@code step} is committed, if it goes on like this. */
  long leftNs(long step, long nowNs) {
    long workNs = course.untilNs(step) - workNs(nowNs);
    double speed = work.speed();
    return workNs <= 0
        ? 0
        : work.heldUpForNs(nowNs)
            + (speed == 1 ? workNs : 1 + (long) Math.min(FAR_NS, Math.ceil(workNs / speed)));
  }
}
