package dev.muster.collectives.hosts;

/**
 * Up to which sizes calls between hosts take which way; every way gives the same bits. Equal on all
 * ranks of a group.
 *
 * @param gatheredBytes the input of a rank, if it travels with the comparison of calls: all ranks
 *     get all inputs; half of that where nothing is reduced
 * @param directFromBytes the smallest input of a rank of reductions that go straight from every
 *     rank to every other one; between those and the gathered ones, they go along the hosts
 * @param directBytes the inputs of all ranks of a host, of the largest that go directly; what
 *     leaves a host is twice that, so larger ones go along the hosts again
 * @param treeBytes buffers that are broadcast from host to host along a binomial tree, from four
 *     hosts on; larger ones go along a line, piece by piece
 */
public record Crossovers(
    long gatheredBytes, long directFromBytes, long directBytes, long treeBytes) {
  /** Along the line of hosts but for those that are gathered. */
  public static final Crossovers LINE = new Crossovers(32 << 10, 0, 0, 0);

  /** As measured (decision 24). */
  public static final Crossovers DEFAULT = new Crossovers(32 << 10, 384 << 10, 2 << 20, 2 << 20);

  /** What all ranks together give along at most, for each byte that one may. */
  private static final long WORLD = 8;

  private static final int TREE_HOSTS = 4;

  boolean gathered(long inputBytes, int worldSize, boolean reduces) {
    long most = reduces ? gatheredBytes : gatheredBytes / 2;
    return inputBytes <= most && inputBytes * worldSize <= WORLD * most;
  }

  /**
   * @param ranks of the largest host
   */
  boolean direct(long inputBytes, int ranks) {
    return inputBytes >= directFromBytes && inputBytes * ranks <= directBytes;
  }

  boolean tree(long bytes, int hosts) {
    return hosts >= TREE_HOSTS && bytes <= treeBytes;
  }
}
