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

  /**
   * From here on numbers are those of consumers: processes that take ranges of data and are in no
   * group, which no agent has launched. Each draws its own.
   */
  public static final int FIRST_CONSUMER = 1 << 30;

  /** Whether it is no worker, but a process outside of all groups that takes ranges of data. */
  public boolean consumer() {
    return number >= FIRST_CONSUMER;
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

  /** Asked for every member of a message: most hold the same object. */
  @Override
  public boolean equals(Object other) {
    return this == other
        || other instanceof WorkerId that && number == that.number && node.equals(that.node);
  }

  @Override
  public int hashCode() {
    return 31 * node.hashCode() + number;
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
