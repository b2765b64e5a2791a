package dev.muster.simulator.cluster;

import java.util.List;

/**
 * The newest {@link CheckpointModel modelled checkpoint}: in the memory of the hosts of the group
 * that trained last, until one of them is lost, or on storage.
 */
final class NewestCheckpoint {
  private final CheckpointModel model;
  private final long stepNs;
  private long step; // 0: there is none
  private long storedStep;
  private boolean inMemory = true;
  private List<SimulatedNode> hosts = List.of();
  private long trained; // generation of the group that trained last
  private long lost; // newest generation whose checkpoints in memory are lost

  NewestCheckpoint(CheckpointModel model, long stepNs) {
    this.model = model;
    this.stepNs = stepNs;
  }

  /** Takes note of what this group has completed. */
  void made(SimulatedGroup group, long nowNs) {
    long made = group.durable(nowNs);
    if (made < 0) {
      return;
    }
    long stored = model.stored(made, stepNs);
    if (stored > group.startStep()) { // else it is an older group's, if anybody's
      storedStep = Math.max(storedStep, stored);
      step = Math.max(step, storedStep);
    }
    if (made >= step && group.generation() > lost) {
      step = made;
      inMemory = true;
    }
  }

  /** From now on it is kept by the hosts of this group. */
  void trains(SimulatedGroup group) {
    hosts = group.nodes();
    trained = group.generation();
  }

  /** Call {@link #made} before. */
  void lost(SimulatedNode host) {
    if (model.inMemory() && hosts.contains(host)) {
      step = storedStep;
      inMemory = false;
      lost = trained;
    }
  }

  long step() {
    return step;
  }

  /** Until a whole group has read it. */
  long readNs() {
    return inMemory ? model.restoreNs() : model.storedRestoreNs();
  }
}
