package dev.muster.simulator.cluster;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.worker.agent.AgentEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * The data plane of one generation. Its steps are computed from the time it has trained, not
 * simulated one by one.
 */
final class SimulatedGroup {
  private static final long NEVER = Long.MAX_VALUE;

  private final ToAgent.Form form;
  private final Pace pace;
  private final boolean fromCheckpoint;
  private final long lastStep;
  private final ClusterListener listener;
  private final List<SimulatedNode> nodes = new ArrayList<>(); // each once, as they entered
  private final List<List<SimulatedWorker>> members = new ArrayList<>(); // per node
  private int entered;
  private boolean complete;
  private double speed = 1;
  private long speedSinceNs;
  private long workedNs; // until then, as if at full speed
  private long trainsFromNs = NEVER;
  private long endNs = NEVER; // nothing commits any more
  private WorkerId culprit; // holds up the others; null: nobody
  private long revokedNs = NEVER;
  private boolean lostMember;

  SimulatedGroup(
      ToAgent.Form form,
      Pace pace,
      boolean fromCheckpoint,
      long lastStep,
      ClusterListener listener) {
    this.form = form;
    this.pace = pace;
    this.fromCheckpoint = fromCheckpoint;
    this.lastStep = lastStep;
    this.listener = listener;
  }

  ToAgent.Form form() {
    return form;
  }

  /** Differs from the ordered one when the state comes from a checkpoint. */
  long startStep() {
    return pace.startStep();
  }

  boolean fromCheckpoint() {
    return fromCheckpoint;
  }

  long generation() {
    return form.group().generation().number();
  }

  int worldSize() {
    return form.group().worldSize();
  }

  /** As fast as it steps now. */
  long stepNs() {
    return speed == 1 ? pace.stepNs() : (long) (pace.stepNs() / speed);
  }

  boolean slowed() {
    return speed < 1;
  }

  /** Its nodes, each once. */
  List<SimulatedNode> nodes() {
    return nodes;
  }

  /** Whether this was the last one to begin collective initialisation. */
  boolean enter(SimulatedNode node, SimulatedWorker member) {
    if (nodes.isEmpty() || nodes.getLast() != node) {
      nodes.add(node);
      members.add(new ArrayList<>());
    }
    members.getLast().add(member);
    entered++;
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

  private boolean speaks(SimulatedWorker member) {
    return member.group == this && !member.gone && !member.hung;
  }

  void complete() {
    complete = true;
  }

  boolean isComplete() {
    return complete;
  }

  void train(long nowNs) {
    trainsFromNs = nowNs;
    speedSinceNs = nowNs;
  }

  /** The slowest member runs at {@code next} from now on; what is done of a step stays done. */
  void pace(double next, long nowNs) {
    if (ended()) {
      return; // what it has done stays done
    }
    if (trains(nowNs)) {
      workedNs = workNs(nowNs);
      speedSinceNs = nowNs;
    }
    speed = Math.min(1, next);
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
    return restored(nowNs) ? Math.min(lastStep, pace.committed(workNs(nowNs))) : startStep();
  }

  /** Time it has trained, as if at full speed. */
  private long workNs(long nowNs) {
    if (!restored(nowNs)) {
      return 0;
    }
    long ns = Math.max(0, Math.min(nowNs, endNs) - speedSinceNs);
    return workedNs + (speed == 1 ? ns : (long) (ns * speed));
  }

  /** Newest checkpoint of this group, -1: none. */
  long durable(long nowNs) {
    return pace.durable(workNs(nowNs));
  }

  ClusterListener.Trained trained(long nowNs) {
    long trainedNs = restored(nowNs) ? Math.max(0, Math.min(nowNs, endNs) - trainsFromNs) : 0;
    long workNs = workNs(nowNs);
    return new ClusterListener.Trained(
        startStep(), committed(nowNs), pace.stepNs(), trainedNs, workNs, pace.stalledNs(workNs));
  }

  /** A member stopped: the step in flight never commits. */
  void stall(WorkerId by, long nowNs) {
    if (endNs == NEVER) {
      listener.stopped(nowNs, generation(), trained(nowNs));
      endNs = nowNs;
      culprit = by;
    }
  }

  boolean stalledBy(WorkerId worker) {
    return worker.equals(culprit);
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

  /** Time until its last step is committed, if it goes on like this. */
  long leftNs(long nowNs) {
    return leftNs(lastStep, nowNs);
  }

  /** Time until {@code step} is committed, if it goes on like this. */
  long leftNs(long step, long nowNs) {
    long workNs = pace.untilNs(step) - workNs(nowNs);
    return workNs <= 0 ? 0 : speed == 1 ? workNs : 1 + (long) Math.ceil(workNs / speed);
  }
}
