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
  private final long stepNs;
  private final long lastStep;
  private final TreeSet<WorkerId> joined = new TreeSet<>();
  private long trainsFromNs = NEVER;
  private long endNs = NEVER; // nothing commits any more
  private WorkerId culprit; // holds up the others; null: nobody
  private boolean revoked;

  SimulatedGroup(ToAgent.Form form, long stepNs, long lastStep) {
    this.form = form;
    this.stepNs = stepNs;
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
    long trainedNs = Math.max(0, Math.min(nowNs, endNs) - trainsFromNs);
    return Math.min(lastStep, form.startStep() + trainedNs / stepNs);
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

  /** Time from {@code nowNs} until its last step is committed. */
  long leftNs() {
    return (lastStep - form.startStep()) * stepNs;
  }
}
