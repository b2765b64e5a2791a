package dev.muster.master.checkpoint;

import dev.muster.protocol.NodeId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The places that lost nodes leave in a group or ring, and who takes them: first newcomers from the
 * same domains, then each where it meets the fewest of its own domains, nearly whole groups first.
 */
final class Vacancies {
  /** A former group or ring; lost members stand in it until they are replaced. */
  private final List<Site> unit;

  private final TreeMap<Integer, Site> lost = new TreeMap<>();

  private Vacancies(List<Site> unit, Map<NodeId, Site> alive) {
    this.unit = new ArrayList<>(unit);
    for (int place = 0; place < unit.size(); place++) {
      Site site = unit.get(place);
      Site now = alive.get(site.node());
      if (now == null) {
        lost.put(place, site);
      } else {
        this.unit.set(place, now);
      }
    }
  }

  /** One per former unit, in their order; surplus newcomers are left out. */
  static List<Vacancies> fill(
      List<List<Site>> units, Map<NodeId, Site> alive, List<Site> newcomers) {
    var all = units.stream().map(unit -> new Vacancies(unit, alive)).toList();
    var without = newcomers.stream().filter(site -> !seatAtHome(all, site)).toList();
    without.forEach(site -> seatApart(all, site));
    return all;
  }

  private static boolean seatAtHome(List<Vacancies> all, Site newcomer) {
    for (Vacancies unit : all) {
      Optional<Integer> home =
          unit.lost.keySet().stream()
              .filter(place -> unit.lost.get(place).domains().equals(newcomer.domains()))
              .findFirst();
      if (home.isPresent()) {
        unit.seat(home.get(), newcomer);
        return true;
      }
    }
    return false;
  }

  private static void seatApart(List<Vacancies> all, Site newcomer) {
    all.stream()
        .filter(unit -> !unit.lost.isEmpty())
        .min(
            Comparator.<Vacancies>comparingLong(unit -> unit.meetings(newcomer))
                .thenComparing(unit -> unit.lost.size()))
        .ifPresent(unit -> unit.seat(unit.lost.firstKey(), newcomer));
  }

  /** How often it would share a domain, over all layers. */
  private long meetings(Site newcomer) {
    return members().stream()
        .mapToLong(member ->
            IntStream.range(0, newcomer.domains().size())
                .filter(layer -> member.shares(newcomer, layer))
                .count())
        .sum();
  }

  private void seat(int place, Site newcomer) {
    unit.set(place, newcomer);
    lost.remove(place);
  }

  boolean isWhole() {
    return lost.isEmpty();
  }

  /** Those that are there, in their places. */
  List<Site> members() {
    return IntStream.range(0, unit.size())
        .filter(place -> !lost.containsKey(place))
        .mapToObj(unit::get)
        .toList();
  }
}
