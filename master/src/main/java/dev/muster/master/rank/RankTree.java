package dev.muster.master.rank;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Stable ranks for processes that live in nested domains, immutable: each loss gives a new tree.
 * Processes are numbered from 0.
 *
 * <p>After a loss, in this order:
 *
 * <ol>
 *   <li>A domain with fewer live processes than its minimum is discarded, innermost layer first.
 *   <li>Holes, ascending, are filled by spares of the lost process's own domain where the layer
 *       allows it, innermost layer first; of several spares the last is called. A spare called from
 *       outside may exceed the maximum of its own domain.
 *   <li>The remaining holes of each domain of the outermost layer with backfill are filled by the
 *       highest ranks of that domain, in order, so that the holes end up at its top.
 *   <li>Ranks above what is still a hole shift down.
 * </ol>
 *
 * <p>Source: the rank assignment of NVIDIA's Resiliency Extension, as far as its documented
 * examples fix it. Cost is O(processes × layers + world size × log).
 */
public final class RankTree {
  private static final int SPARE = -1;
  private static final int LOST = -2;
  private static final int DISCARDED_BY_LAYER_0 = -3;

  private final Domains domains;

  /**
   * Per process: its rank, or one of the codes above; layer i discards with {@code
   * DISCARDED_BY_LAYER_0 - i}.
   */
  private final int[] places;

  /** What a process is told. */
  public sealed interface Place {
    record Active(int rank) implements Place {}

    /** Waits to be called. */
    record Spare() implements Place {}

    /** Not needed again: it is lost, or its domain is too small to go on. */
    record Discarded(String reason) implements Place {}
  }

  private RankTree(Domains domains, int[] places) {
    this.domains = domains;
    this.places = places;
  }

  /**
   * Assigns the first ranks: processes in their order, each active unless a domain around it is
   * full. A domain that could only be filled below its minimum stands by as a whole.
   *
   * @param layers outermost first
   */
  public static RankTree start(List<Layer> layers, int processes) {
    var domains = new Domains(layers, processes);
    int[] places = new int[processes];
    RankLoss.discardSmallDomains(domains, places);
    RankStart.activate(domains, places);
    return new RankTree(domains, places);
  }

  /** The tree without {@code lost}; processes that are already out may be named again. */
  public RankTree lose(Collection<Integer> lost) {
    int[] next = places.clone();
    for (int process : lost) {
      if (process < 0 || process >= next.length) {
        throw new IllegalArgumentException(
            "no such process: process=" + process + " processes=" + next.length);
      }
      next[process] = isOut(next[process]) ? next[process] : LOST;
    }
    RankLoss.discardSmallDomains(domains, next);
    new RankLoss(domains, places, next).repair();
    return new RankTree(domains, next);
  }

  public Place place(int process) {
    int place = places[process];
    if (place >= 0) {
      return new Place.Active(place);
    }
    return switch (place) {
      case SPARE -> new Place.Spare();
      case LOST -> new Place.Discarded("lost");
      default -> discarded(domains.layer(DISCARDED_BY_LAYER_0 - place));
    };
  }

  private static Place discarded(Layer layer) {
    return new Place.Discarded(
        "domain below its minimum: layer=" + layer.name() + " min=" + layer.min());
  }

  public int worldSize() {
    return (int) Arrays.stream(places).filter(place -> place >= 0).count();
  }

  /** Active processes in rank order. */
  public List<Integer> members() {
    Integer[] byRank = new Integer[worldSize()];
    for (int process = 0; process < places.length; process++) {
      if (places[process] >= 0) {
        byRank[places[process]] = process;
      }
    }
    return List.of(byRank);
  }

  static boolean isSpare(int place) {
    return place == SPARE;
  }

  /** Lost or discarded. */
  static boolean isOut(int place) {
    return place <= LOST;
  }

  static int spare() {
    return SPARE;
  }

  static int discardedBy(int layer) {
    return DISCARDED_BY_LAYER_0 - layer;
  }

  /** Places by process: the rank, {@code spare}, or {@code –} for one that is out. */
  @Override
  public String toString() {
    return IntStream.of(places)
        .mapToObj(place -> place >= 0 ? Integer.toString(place) : isSpare(place) ? "spare" : "–")
        .collect(Collectors.joining(",", "[", "]"));
  }
}
