package dev.muster.master.job;

import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;

/**
 * Whose answer the end of a group waits for: live nodes that have not acknowledged it, and nodes
 * that may come back in a moment. Remembers which node it waited for last, so that the answers of a
 * whole group cost one walk over it, not one each.
 */
final class Revocation {
  private final Group group;
  private final Fleet fleet;
  private final RollCall acknowledged;
  private int at; // position of the node that was waited for last
  private Fleet.Node waitedFor; // it; null: not known yet

  Revocation(Group group, Fleet fleet) {
    this.group = group;
    this.fleet = fleet;
    this.acknowledged = new RollCall(group);
  }

  RollCall acknowledged() {
    return acknowledged;
  }

  /** Whether a worker of a node that has acknowledged holds {@code step}. */
  boolean holds(long step) {
    return !acknowledged.isEmpty()
        && group.members().stream()
            .filter(member -> acknowledged.has(member.worker().node()))
            .flatMap(member -> fleet.worker(member.worker()).stream())
            .anyMatch(worker -> worker.eligible() && Math.max(0, worker.appliedStep()) >= step);
  }

  /** Whether no node of the group has to be waited for now. */
  boolean answered() {
    var nodes = group.nodes();
    for (int looked = 0; looked < nodes.size(); looked++) {
      if (awaited(nodes.get(at))) {
        return false;
      }
      at = (at + 1) % nodes.size();
      waitedFor = null;
    }
    return true;
  }

  private boolean awaited(NodeId id) {
    waitedFor = waitedFor == null ? fleet.node(id) : waitedFor;
    return waitedFor.usable() ? !acknowledged.hasAt(at) : !waitedFor.lost();
  }
}
