package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.CounterRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SeatingTest {
  private static List<WorkerId> ids(String names) {
    return Stream.of(names.split(" ")).map(WorkerId::parse).toList();
  }

  @Test
  void givenANodeWithMembers_whenSeated_thenTheOthersComeFirst() {
    var members = Map.of(new NodeId("a"), 2);
    assertThat(Seating.balanced(n -> members.getOrDefault(n, 0), ids("a/7 a/8 b/1 b/2 b/3 c/1")))
        .isEqualTo(ids("b/1 c/1 b/2 a/7 b/3 a/8"));
  }

  /** The same order as looking through all that are left for each place. */
  @Test
  void givenAnyNewcomers_whenSeated_thenAsIfEachWereLookedForAnew() {
    for (long seed = 1; seed <= 200; seed++) {
      var load = new TreeMap<NodeId, Integer>();
      var newcomers = new ArrayList<WorkerId>();
      for (int i = 0; i < 40; i++) {
        var node = new NodeId("n" + CounterRandom.below(7, CounterRandom.mix(seed, "node", 0, i)));
        load.put(node, (int) CounterRandom.below(4, CounterRandom.mix(seed, "load", 0, i)));
        newcomers.add(new WorkerId(node, i));
      }
      assertThat(Seating.balanced(load::get, newcomers))
          .as("seed=%d", seed)
          .isEqualTo(oneByOne(new TreeMap<>(load), new ArrayList<>(newcomers)));
    }
  }

  private static List<WorkerId> oneByOne(TreeMap<NodeId, Integer> load, List<WorkerId> left) {
    var order = new ArrayList<WorkerId>();
    while (!left.isEmpty()) {
      var next = left.getFirst();
      for (var candidate : left) {
        next = load.get(candidate.node()) < load.get(next.node()) ? candidate : next;
      }
      left.remove(next);
      load.merge(next.node(), 1, Integer::sum);
      order.add(next);
    }
    return order;
  }
}
