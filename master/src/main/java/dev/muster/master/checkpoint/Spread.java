package dev.muster.master.checkpoint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Deals nodes to groups, and to a ring when their number does not divide, so that those that store
 * for each other fail apart.
 *
 * <p>Groups: with the nodes of a domain next to each other in one line, group g takes each {@code
 * groups}-th node from place g on. A domain of at most {@code groups} nodes then meets no group
 * twice, on every layer at once; a larger one must meet some group twice, and is dealt as evenly as
 * it can be.
 *
 * <p>Ring: it is shorter than two windows of {@code copies}, so each two of its nodes share a
 * window and all of them must be in different domains. It takes its nodes from the largest domains,
 * which leaves the groups the easiest rest. With one layer the result is separate whenever that is
 * possible at all; with several layers a separate outer one makes the inner ones separate too.
 *
 * <p>Source: group and mixed placement are Gemini's (SOSP 2023).
 */
final class Spread {
  private final int layers;
  private final List<Site> left;
  private final List<Site> picked = new ArrayList<>();

  private Spread(List<Site> sites) {
    this.layers = sites.getFirst().domains().size();
    this.left = new ArrayList<>(sites);
  }

  /**
   * @param sites none, or at least {@code copies}
   */
  static Arrangement deal(List<Site> sites, int copies) {
    int rest = sites.size() % copies;
    List<Site> ring = rest == 0 ? List.of() : new Spread(sites).pick(copies + rest);
    var others = new LinkedHashSet<>(sites);
    ring.forEach(others::remove);
    return new Arrangement(groups(List.copyOf(others), copies), ring, copies);
  }

  private static List<List<Site>> groups(List<Site> sites, int copies) {
    var line = sites.stream().sorted(Site.BY_DOMAINS).toList();
    int groups = sites.size() / copies;
    return IntStream.range(0, groups)
        .mapToObj(g -> IntStream.range(0, copies).mapToObj(i -> line.get(g + i * groups)).toList())
        .toList();
  }

  /** In the order of picking, because a domain that is picked again comes late. */
  private List<Site> pick(int count) {
    while (picked.size() < count) {
      Site next = next();
      left.remove(next);
      picked.add(next);
    }
    return picked;
  }

  private Site next() {
    List<Site> candidates = left;
    for (int layer = 0; layer < layers; layer++) {
      candidates = domainToPickFrom(candidates, layer);
    }
    return candidates.getFirst();
  }

  /** The domain least picked from, of these the largest, of these the first. */
  private List<Site> domainToPickFrom(List<Site> candidates, int layer) {
    var domains = new LinkedHashMap<String, List<Site>>();
    for (Site site : candidates) {
      domains.computeIfAbsent(site.domains().get(layer), d -> new ArrayList<>()).add(site);
    }
    return domains.values().stream()
        .min(
            Comparator.<List<Site>>comparingLong(domain -> picks(domain.getFirst(), layer))
                .thenComparing(domain -> -domain.size()))
        .orElseThrow();
  }

  private long picks(Site ofDomain, int layer) {
    return picked.stream().filter(site -> site.shares(ofDomain, layer)).count();
  }
}
