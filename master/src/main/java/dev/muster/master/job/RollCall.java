package dev.muster.master.job;

import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which nodes of one group have answered; an answer costs the same in a group of any size. */
final class RollCall {
  private final Group group;
  private final BitSet ofGroup = new BitSet(); // by position
  private int present; // of the group
  private int latest = -1; // position of the node that answered last
  private final Set<NodeId> others = new HashSet<>(); // never walked unsorted

  RollCall(Group group) {
    this.group = group;
  }

  void add(NodeId node) {
    int position = group.positionOf(node, latest + 1);
    latest = position;
    if (position < 0) {
      others.add(node);
    } else if (!ofGroup.get(position)) {
      ofGroup.set(position);
      present++;
    }
  }

  boolean has(NodeId node) {
    int position = group.positionOf(node);
    return position >= 0 ? ofGroup.get(position) : others.contains(node);
  }

  /** As {@link #has} of the node at this position of the group. */
  boolean hasAt(int position) {
    return ofGroup.get(position);
  }

  boolean isEmpty() {
    return present == 0 && others.isEmpty();
  }

  boolean complete() {
    return present == group.nodes().size();
  }

  /** Nodes of the group that have not answered, in order of their first rank. */
  List<NodeId> missing() {
    return group.nodes().stream().filter(node -> !has(node)).toList();
  }

  /** Whoever answered, by name. */
  @Override
  public String toString() {
    var answered = new TreeSet<>(others);
    group.nodes().stream().filter(this::has).forEach(answered::add);
    return answered.toString();
  }
}
