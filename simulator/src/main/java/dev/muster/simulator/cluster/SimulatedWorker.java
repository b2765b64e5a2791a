package dev.muster.simulator.cluster;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.ToWorker;
import dev.muster.simulator.checkpoint.Part;

/** A worker process: what it holds, and in which group it is. */
final class SimulatedWorker {
  final WorkerId id;
  final long pid;
  boolean hung;
  boolean gone;
  boolean ready;
  SimulatedGroup group; // null: a spare
  ToWorker.Form form; // its order to enter that
  Part part; // of the state it entered with, null: none, or the job makes no checkpoints
  private int saveEvery; // as it was told, its group may not have changed to it yet
  private long held;

  SimulatedWorker(WorkerId id, long pid) {
    this.id = id;
    this.pid = pid;
  }

  /** Enters a group; without its state until that is restored. */
  void enter(SimulatedGroup next, boolean holdsState) {
    group = next;
    held = holdsState ? next.startStep() : -1;
  }

  /** The order to enter its group. */
  void ordered(ToWorker.Form order) {
    form = order;
    saveEvery = order.saveEvery();
  }

  void saveEvery(ToWorker.SaveEvery order) {
    if (form != null && order.generation() == form.generation() && saveEvery > 0) {
      saveEvery = order.steps();
    }
  }

  /** Steps between two saves as it has heard, 0: it makes none. */
  int saveEvery() {
    return saveEvery;
  }

  /** What it held in its group goes with it into the next. */
  void leave(long nowNs) {
    if (part != null && group != null && group.restored(nowNs)) {
      part =
          new Part(group.stateAt(group.committed(id.node(), nowNs)), part.shard(), part.shards());
    }
  }

  /** Whether it holds the same as {@code other} at any time. */
  boolean holdsAs(SimulatedWorker other) {
    return group == other.group && held == other.held;
  }

  /** As {@link ClusterListener} numbers it. */
  long condition() {
    if (group != null) {
      return group.generation();
    }
    return ready ? ClusterListener.SPARE : ClusterListener.STARTING;
  }

  /**
   * What its control page says: that of a worker in doubt goes on as if it were not, which only
   * tells that somebody has committed the step.
   */
  long shown(long atNs) {
    return group != null && group.restored(atNs) ? group.committed(atNs) : held;
  }

  /** Step of the state in its memory at a time since it entered its group, -1 while incomplete. */
  long applied(long atNs) {
    return group != null && group.restored(atNs) ? group.committed(id.node(), atNs) : held;
  }
}
