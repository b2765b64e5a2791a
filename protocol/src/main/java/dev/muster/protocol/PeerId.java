package dev.muster.protocol;

/**
 * Address of a core for {@code Effects.send}: the master, or the agent of a node. Never an actor
 * reference.
 */
public record PeerId(String name) implements Comparable<PeerId> {
  public static final PeerId MASTER = new PeerId("master");

  public static PeerId agent(NodeId node) {
    return new PeerId("agent:" + node.name());
  }

  @Override
  public int compareTo(PeerId other) {
    return name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return name;
  }
}
