package dev.muster.master.checkpoint;

import dev.muster.protocol.NodeId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Nodes for tests. */
final class Sites {
  private Sites() {}

  static Site site(int number, String... domains) {
    return new Site(new NodeId("n" + number), List.of(domains));
  }

  /** Nodes without domains. */
  static List<Site> plain(int nodes) {
    return IntStream.range(0, nodes).mapToObj(Sites::site).toList();
  }

  /** Racks of {@code perRack} consecutive nodes, power feeds of {@code perPower}. */
  static List<Site> racks(int nodes, int perRack, int perPower) {
    return IntStream.range(0, nodes)
        .mapToObj(n -> site(n, "p" + n / perPower, "r" + n / perRack))
        .toList();
  }

  /** One layer, any sizes, any order. */
  static List<Site> random(int nodes, int domains, Random random) {
    var sites = new ArrayList<Site>();
    for (int n = 0; n < nodes; n++) {
      int domain = (int) (domains * random.nextDouble() * random.nextDouble());
      sites.add(site(n, "r" + domain));
    }
    Collections.shuffle(sites, random);
    return sites;
  }

  static List<Site> without(List<Site> sites, int... lost) {
    var left = new ArrayList<>(sites);
    IntStream.of(lost)
        .mapToObj(n -> new NodeId("n" + n))
        .forEach(node -> left.removeIf(site -> site.node().equals(node)));
    return left;
  }

  static List<Site> with(List<Site> sites, Site... more) {
    var all = new ArrayList<>(sites);
    all.addAll(List.of(more));
    return all;
  }
}
