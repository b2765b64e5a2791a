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

  /** Asked for every message: most hold the same object. */
  @Override
  public boolean equals(Object other) {
    return this == other || other instanceof PeerId(var theirs) && name.equals(theirs);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
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
