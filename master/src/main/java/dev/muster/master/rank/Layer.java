package dev.muster.master.rank;

import java.util.function.IntUnaryOperator;

/**
 * One level of the tree that {@link RankTree} assigns ranks in: hosts, NVLink domains, racks, or
 * the whole job.
 *
 * @param min fewest live processes a domain needs; below it all of the domain is discarded
 * @param max most processes of a domain that are active at the start; the others are spares
 * @param domain number of the domain a process is in, a pure function; domains of an inner layer
 *     are told apart within each outer one
 * @param backfill a hole is filled with the highest rank of the same domain, so that few processes
 *     move
 * @param spares a hole is filled with a spare of the same domain, so that nobody moves
 */
public record Layer(
    String name, int min, int max, IntUnaryOperator domain, boolean backfill, boolean spares) {
  public Layer {
    if (min < 0 || max < min || max < 1) {
      throw new IllegalArgumentException(
          "impossible layer: name="
              + name
              + " min="
              + min
              + " max="
              + max
              + "; needed is 0 <= min <= max, max >= 1");
    }
  }

  /** One domain of all processes; no limits unless given. */
  public static Layer root() {
    return new Layer("root", 1, Integer.MAX_VALUE, process -> 0, false, false);
  }

  /** Domains of {@code size} consecutive processes; no limits unless given. */
  public static Layer blocks(String name, int size) {
    return new Layer(name, 1, Integer.MAX_VALUE, process -> process / size, false, false);
  }

  public Layer limits(int min, int max) {
    return new Layer(name, min, max, domain, backfill, spares);
  }

  public Layer withBackfill() {
    return new Layer(name, min, max, domain, true, spares);
  }

  public Layer withSpares() {
    return new Layer(name, min, max, domain, backfill, true);
  }
}
