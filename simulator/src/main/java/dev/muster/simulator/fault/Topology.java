package dev.muster.simulator.fault;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What fails together: nodes stand in racks, each below its own switch, racks in pods; some racks
 * share their power. Numbers are 0-based, neighbours are numbered one after the other.
 *
 * @param nodes all of them, spare ones included
 * @param nodesPerRack the last rack may have fewer
 */
public record Topology(int nodes, int nodesPerRack, int racksPerPod, int racksPerPower) {
  public Topology {
    if (nodes < 1 || nodesPerRack < 1 || racksPerPod < 1 || racksPerPower < 1) {
      throw new IllegalArgumentException("expected at least 1 of each: " + nodes + " nodes");
    }
  }

  /** A set of nodes that may fail at once. */
  public enum Scope {
    NODE,
    RACK,
    SWITCH,
    POWER,
    POD
  }

  private int size(Scope scope) {
    return switch (scope) {
      case NODE -> 1;
      case RACK, SWITCH -> nodesPerRack;
      case POWER -> nodesPerRack * racksPerPower;
      case POD -> nodesPerRack * racksPerPod;
    };
  }

  /** How many of these there are. */
  public int count(Scope scope) {
    return Math.ceilDiv(nodes, size(scope));
  }

  /** The nodes of domain {@code index}. */
  public List<Integer> nodesOf(Scope scope, int index) {
    int size = size(scope);
    return IntStream.range(index * size, Math.min(nodes, (index + 1) * size)).boxed().toList();
  }

  public int domainOf(Scope scope, int node) {
    return node / size(scope);
  }
}
