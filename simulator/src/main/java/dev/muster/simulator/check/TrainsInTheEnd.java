package dev.muster.simulator.check;

import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;

/**
 * Liveness: once the last fault is over and enough hosts are there, the job trains within the bound
 * of a whole recovery, and does not give up. Whether it may give up amid faults is a matter of its
 * budgets, and of what the drill expects.
 */
final class TrainsInTheEnd extends Capacity {
  private final long boundNs;
  private boolean trains;
  private boolean asked; // to end
  private Result result; // null while the job goes on

  TrainsInTheEnd(Bounds bounds, int slots, int minWorkers) {
    super(slots, minWorkers);
    this.boundNs = bounds.recoveryNs();
  }

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    trains = true;
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    trains = false;
  }

  @Override
  public void finished(long nowNs, Result result) {
    this.result = result;
    boolean calm = nowNs >= calmFromNs();
    if (result.state() != RunState.SUCCEEDED && calm && suffices() && !asked) {
      violated(nowNs, "the job gave up though nothing disturbs it: " + result.reason());
    }
  }

  @Override
  void jobEnds() {
    asked = true;
  }

  @Override
  void end(long nowNs) {
    long calmNs = nowNs - calmFromNs();
    if (result == null && !trains && suffices() && calmNs > boundNs) {
      violated(
          nowNs,
          "does not train though nothing disturbs it: for=%.1f s bound=%.1f s"
              .formatted(calmNs / 1e9, boundNs / 1e9));
    }
  }
}
