package dev.muster.collectives.flight;

import java.util.ArrayDeque;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Who waits for whom: a rank in a collective for all that have not reached it, a rank in a message
 * for the other end; a rank in no call for nobody. Pure.
 */
final class WaitGraph {
  private final List<Standing> ranks;

  /**
   * @param ranks in rank order
   */
  WaitGraph(List<Standing> ranks) {
    this.ranks = ranks;
  }

  List<Integer> waitsFor(int rank) {
    Standing standing = ranks.get(rank);
    if (!standing.inside()) {
      return List.of();
    }
    RecordedCall call = standing.newest();
    if (!call.message()) {
      return IntStream.range(0, ranks.size())
          .filter(other -> ranks.get(other).reached() < call.number())
          .boxed()
          .toList();
    }
    return standing.unanswered();
  }

  List<Integer> waiting() {
    return IntStream.range(0, ranks.size()).filter(r -> !waitsFor(r).isEmpty()).boxed().toList();
  }

  /** Whom others wait for, and who waits for nobody. */
  List<Integer> ends() {
    var reached = new TreeSet<Integer>();
    waiting().forEach(rank -> reached.addAll(reachable(rank)));
    return reached.stream().filter(rank -> waitsFor(rank).isEmpty()).toList();
  }

  /** Whether somebody waits for it who began before it was last seen. */
  boolean seenLate(int rank) {
    long seenNs = ranks.get(rank).seenNs();
    return waiting().stream()
        .anyMatch(r -> waitsFor(r).contains(rank) && ranks.get(r).newest().startNs() <= seenNs);
  }

  /** Who waits, over others, for itself. */
  List<Integer> circles() {
    return waiting().stream().filter(rank -> reachable(rank).contains(rank)).toList();
  }

  private TreeSet<Integer> reachable(int from) {
    var seen = new TreeSet<Integer>();
    var next = new ArrayDeque<>(waitsFor(from));
    while (!next.isEmpty()) {
      int rank = next.remove();
      if (seen.add(rank)) {
        next.addAll(waitsFor(rank));
      }
    }
    return seen;
  }
}
