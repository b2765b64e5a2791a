package dev.muster.collectives;

/**
 * How n elements are dealt to ranks: contiguous, the first {@code n mod worldSize} ranks hold one
 * more.
 *
 * @param from first element, inclusive
 * @param to last element, exclusive
 */
public record Slices(long from, long to) {
  public static Slices of(long elements, int rank, int worldSize) {
    long base = elements / worldSize;
    long extra = elements % worldSize;
    long from = rank * base + Math.min(rank, extra);
    return new Slices(from, from + base + (rank < extra ? 1 : 0));
  }

  public long count() {
    return to - from;
  }
}
