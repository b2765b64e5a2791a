package dev.muster.protocol;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;

/**
 * The members of a group in rank order, with an index by node: a group is asked for its local
 * members once per node, and for a rank with many messages. Equal to any list of the same members.
 * Immutable.
 */
final class Roster extends AbstractList<Member> implements RandomAccess {
  /**
   * @param position of the node among the group's nodes
   */
  record Local(int position, List<Member> members) {}

  private static final Local NOBODY = new Local(-1, List.of());

  private final Member[] members;
  private final List<NodeId> nodes = new ArrayList<>();
  private final Map<NodeId, Local> byNode = new HashMap<>(); // looked up, never walked

  private Roster(Member[] members) {
    this.members = members;
    for (var member : members) {
      local(member.worker().node()).members.add(member);
    }
  }

  static Roster of(List<Member> members) {
    return members instanceof Roster roster
        ? roster
        : new Roster(List.copyOf(members).toArray(Member[]::new));
  }

  private Local local(NodeId node) {
    Local local = byNode.get(node);
    if (local == null) {
      local = new Local(nodes.size(), new ArrayList<>());
      byNode.put(node, local);
      nodes.add(node);
    }
    return local;
  }

  @Override
  public Member get(int rank) {
    return members[rank];
  }

  @Override
  public int size() {
    return members.length;
  }

  List<Member> on(NodeId node) {
    return Collections.unmodifiableList(byNode.getOrDefault(node, NOBODY).members);
  }

  List<NodeId> nodes() {
    return Collections.unmodifiableList(nodes);
  }

  /** -1 when it runs no member. */
  int position(NodeId node) {
    return byNode.getOrDefault(node, NOBODY).position;
  }

  /** -1 when it is no member. */
  int rankOf(WorkerId worker) {
    for (var member : byNode.getOrDefault(worker.node(), NOBODY).members) {
      if (member.worker().number() == worker.number()) {
        return member.rank();
      }
    }
    return -1;
  }
}
