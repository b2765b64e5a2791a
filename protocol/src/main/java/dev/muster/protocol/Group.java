package dev.muster.protocol;

import java.util.List;
import java.util.Optional;

/**
 * The workers of one generation, in rank order. Immutable; a change of membership is a new group
 * with a larger generation. It is asked about one worker or one node in constant time.
 *
 * @param members one per rank, {@code members.get(r).rank() == r}
 */
public record Group(Generation generation, List<Member> members) {
  public static final Group NONE = new Group(Generation.NONE, List.of());

  public Group {
    members = Roster.of(members);
    for (int rank = 0; rank < members.size(); rank++) {
      if (members.get(rank).rank() != rank) {
        throw new IllegalArgumentException(
            "group members out of rank order: generation="
                + generation
                + " expected="
                + rank
                + " actual="
                + members.get(rank).rank());
      }
    }
  }

  /** The next group, equal to a new one of these members; cheaper where most stay as they are. */
  public Group followedBy(Generation next, List<Member> members) {
    return new Group(next, Roster.after(roster(), members));
  }

  public int worldSize() {
    return members.size();
  }

  public boolean isEmpty() {
    return members.isEmpty();
  }

  public boolean contains(WorkerId worker) {
    return roster().rankOf(worker) >= 0;
  }

  public Optional<Integer> rankOf(WorkerId worker) {
    int rank = roster().rankOf(worker);
    return rank < 0 ? Optional.empty() : Optional.of(rank);
  }

  /**
   * As {@link #rankOf(WorkerId)} of one worker after another, -1 for none.
   *
   * @param likely where it is looked for first: most come in the order of their ranks
   */
  public int rankOf(WorkerId worker, int likely) {
    boolean there = likely < members.size() && members.get(likely).worker().equals(worker);
    return there ? likely : roster().rankOf(worker);
  }

  /** Whether {@code node} runs a member. */
  public boolean spans(NodeId node) {
    return roster().position(node) >= 0;
  }

  /** Place of {@code node} in {@link #nodes}; -1 when it runs no member. */
  public int positionOf(NodeId node) {
    return roster().position(node);
  }

  /**
   * As {@link #positionOf(NodeId)} of one node after another.
   *
   * @param likely where it is looked for first: most answer in the order in which they were asked
   */
  public int positionOf(NodeId node, int likely) {
    return roster().position(node, likely);
  }

  /** Members run by {@code node}, in rank order; the position in this list is the local rank. */
  public List<Member> on(NodeId node) {
    return roster().on(node);
  }

  /** The same by the position of the node. */
  public List<Member> at(int position) {
    return roster().at(position);
  }

  /** Nodes that run at least one member, in order of their first rank. */
  public List<NodeId> nodes() {
    return roster().nodes();
  }

  private Roster roster() {
    return (Roster) members;
  }
}
