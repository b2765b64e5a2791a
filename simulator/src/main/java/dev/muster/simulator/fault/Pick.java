package dev.muster.simulator.fault;

import dev.muster.simulator.fault.Topology.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * Which nodes a fault strikes.
 *
 * @param scope of what
 * @param index which one, -1: drawn
 * @param count how many are drawn; 0: as {@code percent} says
 * @param percent of all of that scope, at least one
 * @param share of the nodes found that are struck, 0 to 1; at least one
 */
public record Pick(Scope scope, int index, int count, double percent, double share) {
  public static final Pick ANY = new Pick(Scope.NODE, -1, 1, 0, 1);

  public static Pick of(Scope scope, int index) {
    return new Pick(scope, index, 1, 0, 1);
  }

  /** The nodes, in the order drawn. */
  List<Integer> nodes(Topology fleet, Draws draws) {
    var found = new ArrayList<Integer>();
    for (int domain : domains(fleet, draws)) {
      found.addAll(fleet.nodesOf(scope, domain));
    }
    return share < 1 ? draws.some(found, atLeastOne(share * found.size())) : found;
  }

  private List<Integer> domains(Topology fleet, Draws draws) {
    if (index >= 0) {
      return List.of(index);
    }
    int all = fleet.count(scope);
    int wanted = count > 0 ? count : atLeastOne(percent / 100 * all);
    return draws.someBelow(all, Math.min(wanted, all));
  }

  private static int atLeastOne(double share) {
    return Math.max(1, (int) Math.round(share));
  }
}
