package dev.muster.cli.process;

import dev.muster.protocol.run.Event;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who is which rank in a group, by the event that tells of its forming. */
final class LocalRanks {
  /**
   * @param localRank among the ranks of its node, from 0
   * @param node its name
   */
  record Place(int rank, int localRank, String node) {}

  private LocalRanks() {}

  /** By worker, {@code node/number}; empty for an event that names no members. */
  static Map<String, Place> of(Event event) {
    var places = new LinkedHashMap<String, Place>();
    var onNode = new HashMap<String, Integer>();
    if (event.fields().get("members") instanceof List<?> members) {
      for (var member : members) {
        var node = member.toString().split("/")[0];
        int localRank = onNode.merge(node, 1, Integer::sum) - 1;
        places.put(member.toString(), new Place(places.size(), localRank, node));
      }
    }
    return places;
  }
}
