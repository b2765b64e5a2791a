package dev.muster.master.job;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Workers that were given up with their nodes and may live on until the lease of these has ended,
 * each with the newest step that it may hold: as long as one of them may come back with a later
 * step than all others hold, committed steps are not given up.
 */
final class LostHolders {
  /** A member that a group was lost with may hold any step, until another tells the last one. */
  static final long ANY_STEP = Long.MAX_VALUE;

  private final Map<WorkerId, Long> steps = new TreeMap<>();
  private final Map<NodeId, Generation> asked = new HashMap<>(); // are back, and still train in it

  /**
   * @param step that it may hold; 0 and below are no loss
   */
  void add(WorkerId worker, long step) {
    if (step > 0) {
      steps.merge(worker, step, Math::max);
    }
  }

  /** The node is there again, and tells itself what its workers hold. */
  void back(NodeId node) {
    asked.remove(node);
    forget(node::equals);
  }

  /** It is, but its workers still train in this group, and may hold more by now. */
  void backUnaware(NodeId node, Generation trains) {
    asked.put(node, trains);
  }

  /** Its workers train in no group up to this one; false when that was known. */
  boolean answered(NodeId node, Generation generation) {
    var group = asked.get(node);
    if (group == null || generation.isBefore(group)) {
      return false;
    }
    back(node);
    return true;
  }

  /** False when it was not among them. */
  boolean ended(WorkerId worker) {
    return steps.remove(worker) != null;
  }

  /** A member of the group that has ended told the last step: no other can hold a later one. */
  void lastStep(long step) {
    steps.replaceAll((worker, held) -> held == ANY_STEP ? step : held);
  }

  void forget(Predicate<NodeId> nodes) {
    steps.keySet().removeIf(worker -> nodes.test(worker.node()));
  }

  /** The first node among {@code nodes} with a worker that may hold a later step than this. */
  Optional<NodeId> beyond(long step, Predicate<NodeId> nodes) {
    return steps.entrySet().stream()
        .filter(lost -> lost.getValue() > step)
        .map(lost -> lost.getKey().node())
        .filter(nodes)
        .findFirst();
  }
}
