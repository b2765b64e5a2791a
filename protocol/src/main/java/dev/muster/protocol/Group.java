package dev.muster.protocol;

import java.util.List;
import java.util.Optional;

/**
 * The workers of one generation, in rank order. Immutable; a change of membership is a new group
 * with a larger generation.
 *
 * @param members one per rank, {@code members.get(r).rank() == r}
 */
public record Group(Generation generation, List<Member> members) {
  public static final Group NONE = new Group(Generation.NONE, List.of());

  public Group {
    members = List.copyOf(members);
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

  public int worldSize() {
    return members.size();
  }

  public boolean isEmpty() {
    return members.isEmpty();
  }

  public boolean contains(WorkerId worker) {
    return rankOf(worker).isPresent();
  }

  public Optional<Integer> rankOf(WorkerId worker) {
    return members.stream().filter(m -> m.worker().equals(worker)).map(Member::rank).findFirst();
  }

  /** Members run by {@code node}, in rank order; the position in this list is the local rank. */
  public List<Member> on(NodeId node) {
    return members.stream().filter(m -> m.worker().node().equals(node)).toList();
  }

  /** Nodes that run at least one member, in order of their first rank. */
  public List<NodeId> nodes() {
    return members.stream().map(m -> m.worker().node()).distinct().toList();
  }
}
