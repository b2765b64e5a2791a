package dev.muster.protocol;

/**
 * One worker process, never reused: a restarted worker has a new number. Its place in a group is
 * its rank, not this.
 *
 * @param node the agent that runs it
 * @param number order of launch on that node, from 0
 */
public record WorkerId(NodeId node, int number) implements Comparable<WorkerId> {
  public WorkerId {
    if (number < 0) {
      throw new IllegalArgumentException("negative worker number: number=" + number);
    }
  }

  /** Reads what {@link #toString} writes, {@code node/number}. */
  public static WorkerId parse(String text) {
    int slash = text.lastIndexOf('/');
    if (slash < 1) {
      throw new IllegalArgumentException("bad worker id: text=" + text + "; expected node/number");
    }
    return new WorkerId(
        new NodeId(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
  }

  @Override
  public int compareTo(WorkerId other) {
    int byNode = node == other.node ? 0 : node.compareTo(other.node); // most share their node
    return byNode != 0 ? byNode : Integer.compare(number, other.number);
  }

  @Override
  public String toString() {
    return node + "/" + number;
  }
}
