package dev.muster.simulator.check;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Observation;
import java.util.TreeSet;

/**
 * A worker that the master called hung is gone in the end: killed by its agent, or with its lease.
 * One that nobody could see hang may be there.
 */
final class HungAreEnded extends Capacity {
  private final long boundNs;
  private final TreeSet<String> hung = new TreeSet<>();
  private final TreeSet<String> named = new TreeSet<>();

  HungAreEnded(Bounds bounds, int slots, int minWorkers) {
    super(slots, minWorkers);
    this.boundNs = bounds.recoveryNs();
  }

  @Override
  public void hangs(long nowNs, WorkerId worker, boolean still) {
    if (still) {
      hung.add(worker.toString());
    } else {
      hung.remove(worker.toString());
      named.remove(worker.toString());
    }
  }

  @Override
  public void noted(long nowNs, Observation observation) {
    if (observation.topic().equals("worker.hung")) {
      var worker = String.valueOf(observation.fields().get("worker"));
      if (hung.contains(worker)) {
        named.add(worker);
      }
    }
  }

  @Override
  void end(long nowNs) {
    if (!named.isEmpty() && suffices() && nowNs - calmFromNs() > boundNs) {
      violated(nowNs, "called hung, and not killed: workers=" + named);
    }
  }
}
