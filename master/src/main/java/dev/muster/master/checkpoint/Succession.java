package dev.muster.master.checkpoint;

import dev.muster.protocol.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An arrangement from the one before it: whoever need not move keeps its peers, because each new
 * peer has to be sent a whole snapshot.
 *
 * <ol>
 *   <li>Newcomers take the places of lost nodes ({@link Vacancies}).
 *   <li>Whole groups stay, and the ring if it is whole and still of the right length.
 *   <li>All others are dealt anew; if they are too few for the ring that is needed, the last group
 *       joins them.
 *   <li>A group that came out with two nodes of a domain is dealt anew together with one old group,
 *       if that puts both right.
 * </ol>
 */
final class Succession {
  private final int copies;
  private final List<List<Site>> kept = new ArrayList<>();
  private final List<List<Site>> filled = new ArrayList<>();
  private List<Site> ring = List.of();
  private final Set<Site> loose;

  /** Layers on which all snapshots can be apart; on the others there is nothing to put right. */
  private List<Integer> attainable = List.of();

  private Succession(Arrangement former, List<Site> sites) {
    this.copies = former.copies();
    this.loose = new HashSet<>(sites);
    var units = new ArrayList<>(former.groups());
    units.add(former.ring());
    var vacancies = Vacancies.fill(units, byNode(sites), newcomers(former, sites));
    int ringNeeded = sites.size() % copies == 0 ? 0 : copies + sites.size() % copies;
    for (int i = 0; i < former.groups().size(); i++) {
      keepGroup(former.groups().get(i), vacancies.get(i));
    }
    if (vacancies.getLast().isWhole() && former.ring().size() == ringNeeded) {
      ring = vacancies.getLast().members();
      ring.forEach(loose::remove);
    }
    while (ring.isEmpty() && loose.size() < ringNeeded) {
      loose.addAll(kept.isEmpty() ? filled.removeLast() : kept.removeLast());
    }
  }

  static Arrangement of(Arrangement former, List<Site> sites) {
    var succession = new Succession(former, sites);
    return succession.arrange(sites.stream().filter(succession.loose::contains).toList());
  }

  private void keepGroup(List<Site> former, Vacancies now) {
    if (now.isWhole()) {
      (now.members().equals(former) ? kept : filled).add(now.members());
      now.members().forEach(loose::remove);
    }
  }

  private Arrangement arrange(List<Site> inRankOrder) {
    var dealt = Spread.deal(inRankOrder, copies);
    var result = new Arrangement(List.of(), ring, copies);
    attainable = attainable(new Arrangement(concat(kept, filled), ring, copies).with(dealt));
    for (List<Site> group : concat(filled, dealt.groups())) {
      result = result.with(putRight(new Arrangement(List.of(group), List.of(), copies)));
    }
    if (!dealt.ring().isEmpty()) {
      result = result.with(putRight(new Arrangement(List.of(), dealt.ring(), copies)));
    }
    return new Arrangement(kept, List.of(), copies).with(result);
  }

  /** The unit as it is, or with an old group that is given up for it. */
  private Arrangement putRight(Arrangement unit) {
    if (isApart(unit)) {
      return unit;
    }
    for (List<Site> partner : kept) {
      var both = Spread.deal(concat(unit.sites().toList(), partner), copies);
      if (isApart(both)) {
        kept.remove(partner);
        return both;
      }
    }
    return unit;
  }

  private boolean isApart(Arrangement unit) {
    return attainable.stream().allMatch(layer -> Separation.of(unit, layer, "").complete());
  }

  private static List<Integer> attainable(Arrangement whole) {
    int layers = whole.sites().findFirst().orElseThrow().domains().size();
    return IntStream.range(0, layers)
        .filter(layer -> Separation.of(whole, layer, "").obstacle().isEmpty())
        .boxed()
        .toList();
  }

  /** How many nodes that were there before have other peers now. */
  static String describe(Arrangement former, Arrangement next) {
    Map<NodeId, Set<NodeId>> before = peers(former);
    var after = peers(next);
    long changed =
        after.keySet().stream()
            .filter(node -> before.containsKey(node) && !before.get(node).equals(after.get(node)))
            .count();
    long survivors = after.keySet().stream().filter(before::containsKey).count();
    return "nodes with other peers: " + changed + " of " + survivors;
  }

  private static Map<NodeId, Set<NodeId>> peers(Arrangement arrangement) {
    var peers = new HashMap<NodeId, Set<NodeId>>();
    arrangement
        .holders()
        .forEach(sites ->
            peers.put(
                sites.getFirst().node(),
                sites.stream().map(Site::node).collect(Collectors.toSet())));
    return peers;
  }

  private static Map<NodeId, Site> byNode(List<Site> sites) {
    return sites.stream().collect(Collectors.toMap(Site::node, Function.identity()));
  }

  private static List<Site> newcomers(Arrangement former, List<Site> sites) {
    var known = former.sites().map(Site::node).collect(Collectors.toSet());
    return sites.stream().filter(site -> !known.contains(site.node())).toList();
  }

  private static <T> List<T> concat(List<T> first, List<T> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }
}
