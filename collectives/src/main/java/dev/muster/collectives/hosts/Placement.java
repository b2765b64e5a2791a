package dev.muster.collectives.hosts;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which ranks of a group run on which host; equal on all ranks. Hosts are in the order of their
 * lowest rank, ranks of a host ascend: that is the reduction order.
 */
public record Placement(List<Host> hosts) {
  /**
   * @param name unique in the group
   * @param address where the lowest rank of the host accepts peers, see {@link Endpoint}
   */
  public record Host(String name, InetSocketAddress address, List<Integer> ranks) {
    public Host {
      ranks = ranks.stream().sorted().toList();
      if (ranks.isEmpty()) {
        throw new IllegalArgumentException("a host without ranks is no part of a group: " + name);
      }
    }

    /** Speaks with the other hosts. */
    public int leader() {
      return ranks.getFirst();
    }
  }

  /** Of a group's generation. */
  @FunctionalInterface
  public interface Source {
    Placement of(dev.muster.collectives.Groups.Spec spec);
  }

  public Placement {
    hosts = hosts.stream().sorted(Comparator.comparingInt(Host::leader)).toList();
    var ranks = hosts.stream().flatMap(host -> host.ranks().stream()).sorted().toList();
    if (!ranks.equals(IntStream.range(0, ranks.size()).boxed().toList())) {
      throw new IllegalArgumentException("each rank must be on one host: hosts=" + hosts);
    }
    if (hosts.stream().map(Host::name).distinct().count() < hosts.size()) {
      throw new IllegalArgumentException("two hosts of one name: hosts=" + hosts);
    }
  }

  /**
   * From what each rank is told.
   *
   * @param leaders HOST:PORT by host; only needed to join
   * @param hostOf index of the host by rank
   */
  public static Placement of(List<String> names, List<String> leaders, List<Integer> hostOf) {
    var ranks = new ArrayList<List<Integer>>();
    names.forEach(_ -> ranks.add(new ArrayList<>()));
    for (int rank = 0; rank < hostOf.size(); rank++) {
      ranks.get(hostOf.get(rank)).add(rank);
    }
    return new Placement(
        IntStream.range(0, names.size())
            .mapToObj(i -> new Host(names.get(i), address(leaders.get(i)), ranks.get(i)))
            .toList());
  }

  private static InetSocketAddress address(String hostAndPort) {
    int colon = hostAndPort.lastIndexOf(':');
    return colon < 0
        ? InetSocketAddress.createUnresolved("nowhere", 0)
        : new InetSocketAddress(
            hostAndPort.substring(0, colon), Integer.parseInt(hostAndPort.substring(colon + 1)));
  }

  public int worldSize() {
    return hosts.stream().mapToInt(host -> host.ranks().size()).sum();
  }

  Host host(String name) {
    return hosts.stream()
        .filter(host -> host.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "this host has no rank of the group: host=" + name + " placement=" + this));
  }
}
