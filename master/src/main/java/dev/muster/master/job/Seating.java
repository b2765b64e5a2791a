package dev.muster.master.job;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.ToIntFunction;

/**
 * Order in which newcomers are taken: from the node with the fewest members so far, so that a
 * node's loss costs few ranks; among equals, whoever is named first.
 */
final class Seating {
  private Seating() {}

  /** The newcomers of one node, in the order in which they were named. */
  private static final class Bench {
    private final List<Integer> places = new ArrayList<>(); // among all newcomers
    private int members;
    private int taken;

    Bench(int members) {
      this.members = members;
    }

    int members() {
      return members;
    }

    int next() {
      return places.get(taken);
    }

    /** Whether there are more. */
    boolean take() {
      members++;
      taken++;
      return taken < places.size();
    }
  }

  private static final Comparator<Bench> EMPTIEST =
      Comparator.comparingInt(Bench::members).thenComparingInt(Bench::next);

  /**
   * @param members how many members a node runs already
   */
  static List<WorkerId> balanced(ToIntFunction<NodeId> members, List<WorkerId> newcomers) {
    var queue = new PriorityQueue<>(EMPTIEST);
    queue.addAll(benches(members, newcomers));
    var order = new ArrayList<WorkerId>(newcomers.size());
    while (!queue.isEmpty()) {
      var bench = queue.poll();
      order.add(newcomers.get(bench.next()));
      if (bench.take()) {
        queue.add(bench);
      }
    }
    return order;
  }

  private static List<Bench> benches(ToIntFunction<NodeId> members, List<WorkerId> newcomers) {
    Map<NodeId, Bench> byNode = new HashMap<>(); // looked up, never walked
    var benches = new ArrayList<Bench>();
    for (int place = 0; place < newcomers.size(); place++) {
      var node = newcomers.get(place).node();
      var bench = byNode.get(node);
      if (bench == null) {
        bench = new Bench(members.applyAsInt(node));
        byNode.put(node, bench);
        benches.add(bench);
      }
      bench.places.add(place);
    }
    return benches;
  }
}
