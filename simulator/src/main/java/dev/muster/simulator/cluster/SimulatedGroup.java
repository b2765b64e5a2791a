package dev.muster.simulator.cluster;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToAgent;
import java.util.TreeSet;

/**
 * The data plane of one generation. Its steps are computed from the time it has trained, not
 * simulated one by one.
 */
final class SimulatedGroup {
  private static final long NEVER = Long.MAX_VALUE;

  private final ToAgent.Form form;
  private final long fullStepNs; // when no member is slow
  private final long lastStep;
  private final TreeSet<WorkerId> joined = new TreeSet<>();
  private long stepNs;
  private long paceNs; // since then a step takes stepNs; paceStep were committed
  private long paceStep;
  private long trainsFromNs = NEVER;
  private long endNs = NEVER; // nothing commits any more
  private WorkerId culprit; // holds up the others; null: nobody
  private boolean revoked;

  SimulatedGroup(ToAgent.Form form, long stepNs, long lastStep) {
    this.form = form;
    this.fullStepNs = stepNs;
    this.stepNs = stepNs;
    this.paceStep = form.startStep();
    this.lastStep = lastStep;
  }

  ToAgent.Form form() {
    return form;
  }

  long generation() {
    return form.group().generation().number();
  }

  /** Whether this was the last one to arrive. */
  boolean join(WorkerId worker) {
    return joined.add(worker) && joined.size() == form.group().worldSize();
  }

  boolean complete() {
    return joined.size() == form.group().worldSize();
  }

  void train(long nowNs) {
    trainsFromNs = nowNs;
    paceNs = nowNs;
  }

  /** The slowest member runs at {@code speed} from now on; what is done of a step stays done. */
  void pace(double speed, long nowNs) {
    long nextNs = (long) (fullStepNs / speed);
    if (trains(nowNs) && nextNs != stepNs) {
      long step = committed(nowNs);
      long sinceNs = nowNs - paceNs - (step - paceStep) * stepNs;
      paceNs = nowNs - (long) ((double) sinceNs / stepNs * nextNs);
      paceStep = step;
    }
    stepNs = nextNs;
  }

  boolean restored(long nowNs) {
    return trainsFromNs <= nowNs;
  }

  boolean trains(long nowNs) {
    return restored(nowNs) && endNs == NEVER;
  }

  boolean ended() {
    return endNs != NEVER;
  }

  long committed(long nowNs) {
    if (!restored(nowNs)) {
      return form.startStep();
    }
    long trainedNs = Math.max(0, Math.min(nowNs, endNs) - paceNs);
    return Math.min(lastStep, paceStep + trainedNs / stepNs);
  }

  /** A member stopped: the step in flight never commits. */
  void stall(WorkerId by, long nowNs) {
    if (endNs == NEVER) {
      endNs = nowNs;
      culprit = by;
    }
  }

  boolean stalledBy(WorkerId worker) {
    return worker.equals(culprit);
  }

  void revoke(long nowNs) {
    stall(null, nowNs);
    revoked = true;
  }

  boolean revoked() {
    return revoked;
  }

  /** Time until its last step is committed, if it goes on like this. */
  long leftNs(long nowNs) {
    return Math.max(0, paceNs + (lastStep - paceStep) * stepNs - nowNs);
  }
}
