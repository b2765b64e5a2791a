package dev.muster.master.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * Who stores for whom: in a group each member for all others, in the ring each on the next {@code
 * copies - 1}.
 *
 * @param groups of {@code copies} nodes each
 * @param ring empty, or more than {@code copies} and fewer than twice as many nodes
 */
record Arrangement(List<List<Site>> groups, List<Site> ring, int copies) {
  Arrangement {
    groups = List.copyOf(groups);
    ring = List.copyOf(ring);
  }

  /** Members of every group, then the ring. */
  Stream<Site> sites() {
    return Stream.concat(groups.stream().flatMap(List::stream), ring.stream());
  }

  /** For each snapshot the nodes that hold a copy, its owner first. */
  Stream<List<Site>> holders() {
    return Stream.concat(groups.stream(), Stream.of(ring)).flatMap(unit -> holders(unit, copies));
  }

  /** The same within one group or ring. */
  private static Stream<List<Site>> holders(List<Site> unit, int copies) {
    return Stream.iterate(0, i -> i < unit.size(), i -> i + 1)
        .map(owner -> {
          var turned = new ArrayList<>(unit);
          Collections.rotate(turned, -owner);
          return List.copyOf(turned.subList(0, copies));
        });
  }

  /** This one and another beside it; at most one of them has a ring. */
  Arrangement with(Arrangement other) {
    return new Arrangement(
        Stream.concat(groups.stream(), other.groups.stream()).toList(),
        ring.isEmpty() ? other.ring : ring,
        copies);
  }
}
