package dev.muster.worker.agent;

import dev.muster.protocol.WorkerId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Which GPU of this node each member of its group has: no two the same, and a worker keeps its own
 * from group to group, since what it has computed with lies there. A spare has none, so that it may
 * take over that of whoever is lost.
 */
final class Devices {
  private final Map<WorkerId, Integer> held = new TreeMap<>();

  /**
   * @param members of this node, of the group that begins
   */
  void assign(List<WorkerId> members) {
    held.keySet().retainAll(members);
    members.forEach(member -> held.computeIfAbsent(member, _ -> lowestFree()));
  }

  private int lowestFree() {
    return IntStream.range(0, Integer.MAX_VALUE)
        .filter(device -> !held.containsValue(device))
        .findFirst()
        .orElseThrow();
  }

  /** 0-based, among the GPUs that this node's processes see. */
  int of(WorkerId member) {
    return held.get(member);
  }
}
