package dev.muster.collectives.hosts;

import java.util.Arrays;
import java.util.List;

/** One rank's view of a {@link Placement}: hosts by index, ranks of a host by their local index. */
final class Place {
  private final List<Placement.Host> hosts;
  private final int rank;
  private final int[] hostOf;
  private final int[] localOf;
  private final int[] order;

  Place(Placement placement, int rank) {
    this.hosts = placement.hosts();
    this.rank = rank;
    int worldSize = placement.worldSize();
    this.hostOf = new int[worldSize];
    this.localOf = new int[worldSize];
    this.order = hosts.stream().flatMap(h -> h.ranks().stream()).mapToInt(r -> r).toArray();
    for (int host = 0; host < hosts.size(); host++) {
      var ranks = hosts.get(host).ranks();
      for (int local = 0; local < ranks.size(); local++) {
        hostOf[ranks.get(local)] = host;
        localOf[ranks.get(local)] = local;
      }
    }
  }

  int rank() {
    return rank;
  }

  int worldSize() {
    return order.length;
  }

  int hosts() {
    return hosts.size();
  }

  Placement.Host host(int host) {
    return hosts.get(host);
  }

  int host() {
    return hostOf[rank];
  }

  int hostOf(int rank) {
    return hostOf[rank];
  }

  boolean here(int rank) {
    return hostOf[rank] == host();
  }

  int local() {
    return localOf[rank];
  }

  int local(int rank) {
    return localOf[rank];
  }

  int localSize() {
    return localSize(host());
  }

  int localSize(int host) {
    return hosts.get(host).ranks().size();
  }

  int rank(int host, int local) {
    return hosts.get(host).ranks().get(local);
  }

  int leader(int host) {
    return hosts.get(host).leader();
  }

  boolean leads() {
    return local() == 0;
  }

  /** Ranks in the order in which their inputs are reduced. */
  int[] order() {
    return order;
  }

  int largestHost() {
    return hosts.stream().mapToInt(host -> host.ranks().size()).max().orElseThrow();
  }

  /** Ranks of each host that exchange large buffers with their counterparts. */
  int lanes() {
    return hosts.stream().mapToInt(host -> host.ranks().size()).min().orElseThrow();
  }

  @Override
  public String toString() {
    return "rank " + rank + " of " + Arrays.toString(order) + " on " + hosts.get(host()).name();
  }
}
