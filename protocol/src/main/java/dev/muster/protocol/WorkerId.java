package dev.muster.protocol;

import java.util.Comparator;

/**
 * One worker process, never reused: a restarted worker has a new number. Its place in a group is
 * its rank, not this.
 *
 * @param node the agent that runs it
 * @param number order of launch on that node, from 0
 */
public record WorkerId(NodeId node, int number) implements Comparable<WorkerId> {
  private static final Comparator<WorkerId> ORDER =
      Comparator.comparing(WorkerId::node).thenComparingInt(WorkerId::number);

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
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return node + "/" + number;
  }
}
