package dev.muster.master.job;

import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import java.util.AbstractList;
import java.util.RandomAccess;

/** Workers of a group in rank order, written out only when read: there may be 100,000 of them. */
final class MemberNames extends AbstractList<String> implements RandomAccess {
  private final Group group;

  MemberNames(Group group) {
    this.group = group;
  }

  @Override
  public String get(int rank) {
    return group.members().get(rank).worker().toString();
  }

  @Override
  public int size() {
    return group.worldSize();
  }

  /** That of any list of these names, without making one of them. */
  @Override
  public int hashCode() {
    int hash = 1;
    NodeId node = null; // most follow another one of their node
    int name = 0;
    for (int rank = 0; rank < group.worldSize(); rank++) {
      var worker = group.members().get(rank).worker();
      if (worker.node() != node) {
        node = worker.node();
        name = 31 * node.name().hashCode() + '/';
      }
      hash = 31 * hash + digits(name, worker.number());
    }
    return hash;
  }

  /** Goes on with the hash of a text by the digits of a number. */
  private static int digits(int hash, int number) {
    int head = number < 10 ? hash : digits(hash, number / 10);
    return 31 * head + '0' + number % 10;
  }
}
