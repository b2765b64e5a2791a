package dev.muster.protocol;

/**
 * Name of one host's agent within a run, for example {@code n0}; stable across reconnects of the
 * same agent.
 *
 * @param name letters, digits, '.', '_' and '-', at most 64
 */
public record NodeId(String name) implements Comparable<NodeId> {
  public NodeId {
    if (!Names.valid(name, 64)) {
      throw new IllegalArgumentException(
          "bad node name: name=" + name + "; use letters, digits, '_' and, not first, '.' and '-'");
    }
  }

  /** Asked for every message: most hold the same object. */
  @Override
  public boolean equals(Object other) {
    return this == other || other instanceof NodeId(var theirs) && name.equals(theirs);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public int compareTo(NodeId other) {
    return name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return name;
  }
}
