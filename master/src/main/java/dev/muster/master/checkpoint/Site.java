package dev.muster.master.checkpoint;

import dev.muster.protocol.NodeId;
import java.util.Comparator;
import java.util.List;

/**
 * A node and what fails together with it.
 *
 * @param domains the failure domain of each layer around the node, outermost first (power feed,
 *     rack); an inner domain is told apart within each outer one
 */
public record Site(NodeId node, List<String> domains) {
  /** Puts the nodes of a domain, on every layer, next to each other. */
  static final Comparator<Site> BY_DOMAINS = Site::compareDomains;

  public Site {
    domains = List.copyOf(domains);
  }

  /** Whether both are in the same domain of a layer (0 is the outermost). */
  boolean shares(Site other, int layer) {
    return domain(layer).equals(other.domain(layer));
  }

  /** The domain of a layer with those around it. */
  List<String> domain(int layer) {
    return domains.subList(0, layer + 1);
  }

  private static int compareDomains(Site a, Site b) {
    for (int layer = 0; layer < a.domains.size(); layer++) {
      int order = a.domains.get(layer).compareTo(b.domains.get(layer));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  @Override
  public String toString() {
    return node + domains.toString();
  }
}
