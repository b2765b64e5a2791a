package dev.muster.master.job;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Order in which newcomers are taken: from the node with the fewest members so far, so that a
 * node's loss costs few ranks.
 */
final class Seating {
  private Seating() {}

  static List<WorkerId> balanced(List<WorkerId> survivors, List<WorkerId> newcomers) {
    var load = new TreeMap<NodeId, Integer>();
    survivors.forEach(w -> load.merge(w.node(), 1, Integer::sum));
    var left = new ArrayList<>(newcomers);
    var order = new ArrayList<WorkerId>();
    while (!left.isEmpty()) {
      var next = leastLoaded(left, load);
      left.remove(next);
      load.merge(next.node(), 1, Integer::sum);
      order.add(next);
    }
    return List.copyOf(order);
  }

  private static WorkerId leastLoaded(List<WorkerId> candidates, TreeMap<NodeId, Integer> load) {
    WorkerId best = candidates.getFirst();
    for (var candidate : candidates) {
      if (load.getOrDefault(candidate.node(), 0) < load.getOrDefault(best.node(), 0)) {
        best = candidate;
      }
    }
    return best;
  }
}
