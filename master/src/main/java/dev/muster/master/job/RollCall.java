package dev.muster.master.job;

import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which nodes of one group have answered; an answer costs the same in a group of any size. */
final class RollCall {
  private final Group group;
  private final Set<NodeId> answered = new HashSet<>(); // never walked unsorted
  private int ofGroup;

  RollCall(Group group) {
    this.group = group;
  }

  void add(NodeId node) {
    if (answered.add(node) && group.spans(node)) {
      ofGroup++;
    }
  }

  boolean has(NodeId node) {
    return answered.contains(node);
  }

  boolean isEmpty() {
    return answered.isEmpty();
  }

  boolean complete() {
    return ofGroup == group.nodes().size();
  }

  /** Nodes of the group that have not answered, in order of their first rank. */
  List<NodeId> missing() {
    return group.nodes().stream().filter(node -> !has(node)).toList();
  }

  /** Whoever answered, by name. */
  @Override
  public String toString() {
    return new TreeSet<>(answered).toString();
  }
}
