package dev.muster.protocol;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;

/**
 * The members of a group in rank order, with an index by node: a group is asked for its local
 * members once per node, and for a rank with many messages. Equal to any list of the same members.
 * Immutable; what is the same in the next group is shared with it.
 */
final class Roster extends AbstractList<Member> implements RandomAccess {
  private static final Comparator<List<Member>> FIRST_RANK =
      Comparator.comparingInt(members -> members.getFirst().rank());

  private final Member[] members;
  private final List<NodeId> nodes; // in order of their first rank
  private final Map<NodeId, Integer> positions; // among the nodes; looked up, never walked
  private final List<Member>[] local; // by position

  static Roster of(List<Member> members) {
    return members instanceof Roster roster
        ? roster
        : new Roster(List.copyOf(members).toArray(Member[]::new));
  }

  @SuppressWarnings("unchecked")
  private Roster(Member[] members) {
    var found = new ArrayList<NodeId>();
    var byNode = new HashMap<NodeId, Integer>();
    var lists = new ArrayList<List<Member>>();
    NodeId before = null; // most follow another one of their node
    List<Member> current = null;
    for (var member : members) {
      var node = member.worker().node();
      if (node != before) {
        current = lists.get(position(node, found, byNode, lists));
        before = node;
      }
      current.add(member);
    }
    this.members = members;
    this.nodes = Collections.unmodifiableList(found);
    this.positions = byNode;
    this.local = lists.toArray(List[]::new);
  }

  private static int position(
      NodeId node, List<NodeId> found, Map<NodeId, Integer> byNode, List<List<Member>> lists) {
    Integer known = byNode.putIfAbsent(node, found.size());
    if (known != null) {
      return known;
    }
    found.add(node);
    lists.add(new ArrayList<>());
    return lists.size() - 1;
  }

  private Roster(
      Member[] members, List<NodeId> nodes, Map<NodeId, Integer> positions, List<Member>[] local) {
    this.members = members;
    this.nodes = nodes;
    this.positions = positions;
    this.local = local;
  }

  /**
   * The same as {@link #of}, made from the index of a former group of the same size: most often one
   * member is new.
   */
  static Roster after(Roster former, List<Member> members) {
    var next = members.toArray(Member[]::new);
    if (next.length != former.size()) {
      return new Roster(next);
    }
    var changed = new ArrayList<Integer>();
    for (int rank = 0; rank < next.length; rank++) {
      if (next[rank].rank() != rank) {
        return new Roster(next); // the group will refuse it
      }
      if (next[rank] != former.members[rank]) {
        changed.add(rank);
      }
    }
    return changed.size() > former.nodes.size() ? new Roster(next) : former.with(next, changed);
  }

  private Roster with(Member[] next, List<Integer> ranks) {
    var moved = new LinkedHashMap<NodeId, List<Member>>(); // what the nodes of these ranks run now
    for (int rank : ranks) {
      change(moved, members[rank].worker().node()).remove(members[rank]);
    }
    for (int rank : ranks) {
      var of = change(moved, next[rank].worker().node());
      int at = 0;
      while (at < of.size() && of.get(at).rank() < rank) {
        at++;
      }
      of.add(at, next[rank]);
    }
    return moved.entrySet().stream().allMatch(e -> staysFirst(e.getKey(), e.getValue()))
        ? inPlace(next, moved)
        : reordered(next, moved);
  }

  /** A copy: those of this group stay as they are. */
  private List<Member> change(Map<NodeId, List<Member>> moved, NodeId node) {
    return moved.computeIfAbsent(node, n -> new ArrayList<>(on(n)));
  }

  /** The order of the nodes is that of their first ranks. */
  private boolean staysFirst(NodeId node, List<Member> now) {
    int position = position(node);
    return position >= 0 && !now.isEmpty() && now.getFirst().rank() == first(position);
  }

  private int first(int position) {
    return local[position].getFirst().rank();
  }

  private Roster inPlace(Member[] next, Map<NodeId, List<Member>> moved) {
    var lists = local.clone();
    moved.forEach((node, now) -> lists[position(node)] = now);
    return new Roster(next, nodes, positions, lists);
  }

  @SuppressWarnings("unchecked")
  private Roster reordered(Member[] next, Map<NodeId, List<Member>> moved) {
    var order = new ArrayList<NodeId>(nodes.size() + moved.size());
    var lists = new ArrayList<List<Member>>(nodes.size() + moved.size());
    for (int position = 0; position < nodes.size(); position++) {
      order.add(nodes.get(position));
      lists.add(local[position]);
    }
    moved.keySet().stream()
        .map(this::position)
        .filter(position -> position >= 0)
        .sorted(Comparator.reverseOrder())
        .forEach(position -> {
          order.remove((int) position);
          lists.remove((int) position);
        });
    moved.forEach((node, now) -> {
      if (!now.isEmpty()) {
        int at = -1 - Collections.binarySearch(lists, now, FIRST_RANK);
        order.add(at, node);
        lists.add(at, now);
      }
    });
    var index = HashMap.<NodeId, Integer>newHashMap(order.size());
    for (int position = 0; position < order.size(); position++) {
      index.put(order.get(position), position);
    }
    return new Roster(next, Collections.unmodifiableList(order), index, lists.toArray(List[]::new));
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
    int position = position(node);
    return position < 0 ? List.of() : at(position);
  }

  List<Member> at(int position) {
    return Collections.unmodifiableList(local[position]);
  }

  List<NodeId> nodes() {
    return nodes;
  }

  /** -1 when it runs no member. */
  int position(NodeId node) {
    return positions.getOrDefault(node, -1);
  }

  /**
   * @param likely where it is looked for first
   */
  int position(NodeId node, int likely) {
    boolean there = likely >= 0 && likely < nodes.size() && nodes.get(likely) == node;
    return there ? likely : position(node);
  }

  /** -1 when it is no member. */
  int rankOf(WorkerId worker) {
    for (var member : on(worker.node())) {
      if (member.worker().number() == worker.number()) {
        return member.rank();
      }
    }
    return -1;
  }
}
