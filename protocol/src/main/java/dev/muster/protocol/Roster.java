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
  private final List<NodeId> nodes;
  private final Map<NodeId, Local> byNode; // looked up, never walked

  private Roster(Member[] members) {
    this.members = members;
    this.nodes = new ArrayList<>();
    this.byNode = new HashMap<>();
    for (var member : members) {
      local(member.worker().node()).members.add(member);
    }
  }

  static Roster of(List<Member> members) {
    return members instanceof Roster roster
        ? roster
        : new Roster(List.copyOf(members).toArray(Member[]::new));
  }

  private Roster(Member[] members, Roster former) {
    this.members = members;
    this.nodes = former.nodes;
    this.byNode = new HashMap<>(former.byNode);
  }

  /**
   * The same as {@link #of}, made from the index of a former group where its nodes run the same
   * ranks: most often one process of one node is new.
   */
  static Roster after(Roster former, List<Member> members) {
    var next = new Roster(members.toArray(Member[]::new), former);
    if (next.size() != former.size()) {
      return of(members);
    }
    int changed = 0;
    for (int rank = 0; rank < next.members.length; rank++) {
      if (next.members[rank] != former.members[rank]) {
        changed++;
        if (changed > former.nodes.size() || !next.replaced(former.members[rank])) {
          return of(members);
        }
      }
    }
    return next;
  }

  /** Puts the new member of its rank in its place; false when another node runs it now. */
  private boolean replaced(Member former) {
    var member = members[former.rank()];
    var node = member.worker().node();
    if (member.rank() != former.rank() || !node.equals(former.worker().node())) {
      return false;
    }
    var local = byNode.get(node);
    var of = new ArrayList<>(local.members); // those of the former group stay as they are
    of.set(of.indexOf(former), member);
    byNode.put(node, new Local(local.position, of));
    return true;
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
