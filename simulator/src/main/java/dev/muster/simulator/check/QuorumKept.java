package dev.muster.simulator.check;

import dev.muster.protocol.message.ToAgent;

/** No group is smaller than the job allows, nor larger than it wants. */
final class QuorumKept extends Invariant {
  private final int minWorkers;
  private final int workers;

  QuorumKept(int minWorkers, int workers) {
    this.minWorkers = minWorkers;
    this.workers = workers;
  }

  @Override
  public void opened(long nowNs, ToAgent.Form form) {
    int worldSize = form.group().worldSize();
    if (worldSize < minWorkers || worldSize > workers) {
      violated(
          nowNs,
          "generation %s has a forbidden size: minWorkers=%d workers=%d actual=%d"
              .formatted(form.group().generation(), minWorkers, workers, worldSize));
    }
  }
}
