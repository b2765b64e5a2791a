package dev.muster.simulator.cluster;

import dev.muster.protocol.WorkerId;

/** A worker process: what it holds, and in which group it is. */
final class SimulatedWorker {
  final WorkerId id;
  final long pid;
  boolean hung;
  SimulatedGroup group; // null: a spare
  private long held;

  SimulatedWorker(WorkerId id, long pid) {
    this.id = id;
    this.pid = pid;
  }

  /** Enters a group; without its state until that is restored. */
  void enter(SimulatedGroup next, boolean holdsState) {
    group = next;
    held = holdsState ? next.form().startStep() : -1;
  }

  /** Step of the state in its memory, -1 while that is not complete. */
  long applied(long nowNs) {
    if (group != null && group.restored(nowNs)) {
      held = group.committed(nowNs);
    }
    return held;
  }
}
