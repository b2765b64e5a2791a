package dev.muster.master.rank;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Repair of a {@link RankTree} after a loss: spares, backfill, shift. Works on copies that nobody
 * else sees.
 */
final class RankLoss {
  private static final int HOLE = -1;

  private final Domains domains;
  private final int[] places;

  /** Per former rank: the process that holds it, or {@link #HOLE}. */
  private final int[] holder;

  /** Per former rank: the process whose domain it counts to, also when that process is out. */
  private final int[] owner;

  RankLoss(Domains domains, int[] former, int[] places) {
    this.domains = domains;
    this.places = places;
    this.holder = new int[(int) Arrays.stream(former).filter(place -> place >= 0).count()];
    this.owner = new int[holder.length];
    for (int process = 0; process < former.length; process++) {
      if (former[process] >= 0) {
        owner[former[process]] = process;
        holder[former[process]] = places[process] >= 0 ? process : HOLE;
      }
    }
  }

  /** Discards, innermost layer first, the domains with fewer live processes than their minimum. */
  static void discardSmallDomains(Domains domains, int[] places) {
    for (int layer = domains.layers() - 1; layer >= 0; layer--) {
      int[] live = domains.tally(layer, process -> !RankTree.isOut(places[process]));
      for (int process = 0; process < places.length; process++) {
        boolean tooFew = live[domains.of(layer, process)] < domains.layer(layer).min();
        if (tooFew && !RankTree.isOut(places[process])) {
          places[process] = RankTree.discardedBy(layer);
        }
      }
    }
  }

  void repair() {
    for (int layer = domains.layers() - 1; layer >= 0; layer--) {
      if (domains.layer(layer).spares()) {
        callSpares(layer);
      }
    }
    IntStream.range(0, domains.layers())
        .filter(i -> domains.layer(i).backfill())
        .findFirst()
        .ifPresent(this::backfill);
    shift();
  }

  private void callSpares(int layer) {
    List<Deque<Integer>> spares = perDomain(layer);
    for (int process = 0; process < places.length; process++) {
      if (RankTree.isSpare(places[process])) {
        spares.get(domains.of(layer, process)).push(process);
      }
    }
    for (int rank = 0; rank < holder.length; rank++) {
      Deque<Integer> own = spares.get(domains.of(layer, owner[rank]));
      if (holder[rank] == HOLE && !own.isEmpty()) {
        hold(rank, own.pop());
        owner[rank] = holder[rank];
      }
    }
  }

  /** Within each domain: the members on its top ranks move, in order, into its holes below. */
  private void backfill(int layer) {
    List<Deque<Integer>> ranks = perDomain(layer);
    for (int rank = 0; rank < holder.length; rank++) {
      ranks.get(domains.of(layer, owner[rank])).add(rank);
    }
    ranks.forEach(own -> backfill(new ArrayList<>(own)));
  }

  private void backfill(List<Integer> ranks) {
    int live = (int) ranks.stream().filter(rank -> holder[rank] != HOLE).count();
    var holes =
        new ArrayDeque<>(
            ranks.subList(0, live).stream().filter(rank -> holder[rank] == HOLE).toList());
    for (int rank : ranks.subList(live, ranks.size())) {
      if (holder[rank] != HOLE) {
        hold(holes.remove(), holder[rank]);
        holder[rank] = HOLE;
      }
    }
  }

  private void shift() {
    int rank = 0;
    for (int process : holder) {
      if (process != HOLE) {
        places[process] = rank++;
      }
    }
  }

  private void hold(int rank, int process) {
    holder[rank] = process;
    places[process] = rank;
  }

  private List<Deque<Integer>> perDomain(int layer) {
    return Stream.generate(() -> (Deque<Integer>) new ArrayDeque<Integer>())
        .limit(domains.count(layer))
        .toList();
  }
}
