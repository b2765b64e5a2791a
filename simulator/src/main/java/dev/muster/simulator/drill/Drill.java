package dev.muster.simulator.drill;

import dev.muster.simulator.cluster.Costs;
import java.util.List;

/**
 * A failure drill: a cluster, a job, what happens to it, and what is expected.
 *
 * @param horizonNs how long the job is watched
 * @param slots workers that a node may run at once
 * @param workers world size aimed at
 * @param minGoodput least share of the horizon in which steps that count were computed
 */
public record Drill(
    String name,
    long horizonNs,
    int nodes,
    int slots,
    int workers,
    int minWorkers,
    int spares,
    Costs costs,
    List<Fault> faults,
    double minGoodput) {

  public Drill {
    faults = List.copyOf(faults);
  }
}
