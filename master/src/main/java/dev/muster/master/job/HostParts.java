package dev.muster.master.job;

import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToAgent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;

/**
 * Which members of a group share the memory of a machine, and where each part of them is reached.
 */
final class HostParts {
  private HostParts() {}

  /**
   * In the order of their lowest ranks; empty when all are on one machine.
   *
   * @param fleet whose current group this is
   */
  static List<ToAgent.HostPart> of(Group group, Fleet fleet) {
    var byMachine = new LinkedHashMap<String, Part>();
    var nodes = group.nodes();
    for (int position = 0; position < nodes.size(); position++) {
      var node = nodes.get(position);
      int lowest = group.at(position).getFirst().rank();
      byMachine
          .computeIfAbsent(fleet.node(node).machine(), _ -> new Part(lowest, new ArrayList<>(1)))
          .nodes()
          .add(node);
    }
    return byMachine.size() < 2
        ? List.of()
        : byMachine.values().stream().map(part -> part.seen(fleet)).toList();
  }

  /**
   * @param leader its lowest rank
   */
  private record Part(int leader, List<NodeId> nodes) {
    ToAgent.HostPart seen(Fleet fleet) {
      return new ToAgent.HostPart(List.copyOf(nodes), fleet.seat(leader).endpoint);
    }
  }

  /**
   * Workers of one machine one after the other, else as they were: neighbouring ranks share memory,
   * and what they reduce has the bits of a group on one machine.
   */
  static List<WorkerId> together(List<WorkerId> workers, Function<NodeId, String> machine) {
    var byMachine = new LinkedHashMap<String, List<WorkerId>>();
    for (var worker : workers) {
      byMachine.computeIfAbsent(machine.apply(worker.node()), _ -> new ArrayList<>()).add(worker);
    }
    return byMachine.values().stream().flatMap(List::stream).toList();
  }
}
