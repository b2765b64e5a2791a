package dev.muster.master.checkpoint;

import dev.muster.protocol.NodeId;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Where the copies of each node's snapshot are kept in memory; immutable, pure.
 *
 * <p>If {@code copies} divides the number of nodes, nodes form groups in which each stores for all;
 * otherwise the last {@code copies + remainder} nodes are a ring in which each stores on the next
 * ones. {@link Spread} says who is put together, {@link Survival} what a placement is worth.
 */
public final class Placement {
  private final Policy policy;
  private final Arrangement arrangement;
  private final List<Separation> separation;
  private final String reason;

  /**
   * @param copies of each snapshot, the owner's own included; too few: a lost pair loses the step,
   *     too many: memory and traffic
   * @param layers names of the layers of failure domains, outermost first; may be empty
   */
  public record Policy(int copies, List<String> layers) {
    public Policy {
      layers = List.copyOf(layers);
      if (copies < 1) {
        throw new IllegalArgumentException("a snapshot has at least one copy: copies=" + copies);
      }
    }
  }

  Placement(Policy policy, Arrangement arrangement, String change) {
    this.policy = policy;
    this.arrangement = arrangement;
    this.separation =
        IntStream.range(0, policy.layers().size())
            .mapToObj(layer -> Separation.of(arrangement, layer, policy.layers().get(layer)))
            .toList();
    this.reason = describe() + change;
  }

  /**
   * The first placement of a job.
   *
   * @param sites in rank order
   * @throws IllegalArgumentException if there are none, one is named twice, or one does not name a
   *     domain per layer
   */
  public static Placement start(Policy policy, List<Site> sites) {
    check(policy, sites);
    return new Placement(policy, Spread.deal(sites, copies(policy, sites)), "");
  }

  /**
   * The placement after a change: a newcomer takes the place of a lost node, groups that are whole
   * keep their members, and only what is left is dealt anew.
   *
   * @param sites all nodes from now on, in rank order
   */
  public Placement next(List<Site> sites) {
    check(policy, sites);
    if (copies(policy, sites) != arrangement.copies()) {
      return new Placement(
          policy, Spread.deal(sites, copies(policy, sites)), "; dealt anew, other copies");
    }
    var next = Succession.of(arrangement, sites);
    return new Placement(policy, next, "; " + Succession.describe(arrangement, next));
  }

  /** For each node those that hold its snapshot, itself first. */
  public Map<NodeId, List<NodeId>> holders() {
    var holders = new LinkedHashMap<NodeId, List<NodeId>>();
    arrangement
        .holders()
        .forEach(
            sites -> holders.put(sites.getFirst().node(), sites.stream().map(Site::node).toList()));
    return holders;
  }

  public List<List<Site>> groups() {
    return arrangement.groups();
  }

  /** Empty if the number of copies divides the number of nodes. */
  public List<Site> ring() {
    return arrangement.ring();
  }

  /** What was asked for, or one per node if there are fewer. */
  public int copies() {
    return arrangement.copies();
  }

  /** By layer, outermost first. */
  public List<Separation> separation() {
    return separation;
  }

  public String reason() {
    return reason;
  }

  private String describe() {
    var words = new StringBuilder("copies=" + copies());
    if (copies() < policy.copies()) {
      words.append(" expected=" + policy.copies() + " (too few nodes)");
    }
    words.append(" groups=" + groups().size() + " ring=" + ring().size());
    separation.forEach(layer -> words.append("; ").append(layer.describe()));
    return words.toString();
  }

  private static int copies(Policy policy, List<Site> sites) {
    return Math.min(policy.copies(), sites.size());
  }

  private static void check(Policy policy, List<Site> sites) {
    if (sites.isEmpty()) {
      throw new IllegalArgumentException("no nodes to place snapshots on");
    }
    var seen = new HashSet<NodeId>();
    for (Site site : sites) {
      if (!seen.add(site.node())) {
        throw new IllegalArgumentException("node named twice: node=" + site.node());
      }
      if (site.domains().size() != policy.layers().size()) {
        throw new IllegalArgumentException(
            "expected a domain for each of layers=" + policy.layers() + " actual=" + site);
      }
    }
  }
}
