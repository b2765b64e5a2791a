package dev.muster.master.checkpoint;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * How far the copies of each snapshot fail apart on one layer.
 *
 * @param snapshots all of them
 * @param apart those whose copies are all in different domains
 * @param atRisk those whose copies are all in one domain: its loss loses them
 * @param obstacle why they cannot all be apart; empty if they can
 */
public record Separation(String layer, long snapshots, long apart, long atRisk, String obstacle) {

  static Separation of(Arrangement arrangement, int layer, String name) {
    List<Integer> domains = arrangement.holders().map(holders -> distinct(holders, layer)).toList();
    int copies = arrangement.copies();
    return new Separation(
        name,
        domains.size(),
        domains.stream().filter(count -> count == copies).count(),
        copies == 1 ? 0 : domains.stream().filter(count -> count == 1).count(),
        obstacle(arrangement, layer));
  }

  static int distinct(List<Site> sites, int layer) {
    var seen = new HashSet<List<String>>();
    sites.forEach(site -> seen.add(site.domain(layer)));
    return seen.size();
  }

  /**
   * Exact: a group holds at most one node of a domain, the ring too, and needs as many domains as
   * it has nodes.
   */
  private static String obstacle(Arrangement arrangement, int layer) {
    int groups = arrangement.groups().size();
    int ring = arrangement.ring().size();
    Map<List<String>, Integer> sizes = new HashMap<>();
    arrangement.sites().forEach(site -> sizes.merge(site.domain(layer), 1, Integer::sum));
    int room = groups + (ring > 0 ? 1 : 0);
    int largest = sizes.values().stream().max(Integer::compare).orElse(0);
    long full = sizes.values().stream().filter(size -> size == room).count();
    if (largest > room) {
      return "the largest domain has nodes=" + largest + ", at most " + room + " can be apart";
    }
    if (ring > sizes.size()) {
      return "a ring of nodes=" + ring + " meets only domains=" + sizes.size();
    }
    return ring > 0 && full > ring
        ? "domains=" + full + " of nodes=" + room + " need a ring longer than nodes=" + ring
        : "";
  }

  boolean complete() {
    return apart == snapshots;
  }

  /** In words, for the reason of a placement. */
  String describe() {
    if (complete()) {
      return layer + ": all apart";
    }
    return layer
        + ": apart="
        + apart
        + " of "
        + snapshots
        + " atRisk="
        + atRisk
        + (obstacle.isEmpty() ? ", more were possible" : ", impossible for all: " + obstacle);
  }
}
