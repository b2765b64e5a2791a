package dev.muster.worker.host;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Standing;
import dev.muster.worker.agent.AgentAction.GroupKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The agent's looks at groups of this host, by generation. Any thread. */
final class OpenGroups {
  /** The one group of the layout so far. */
  static final String GROUP = "dp";

  private final Groups groups;
  private final Path folder;
  private final NavigableMap<Long, GroupMonitor> open = new TreeMap<>();

  OpenGroups(Groups groups, Path folder) {
    this.groups = groups;
    this.folder = folder;
  }

  private Groups.Spec spec(GroupKey key) {
    return new Groups.Spec(
        folder, GROUP, key.generation(), key.worldSize(), key.startStep(), key.bytesPerRank());
  }

  /**
   * Before anything can commit in it nothing can in an older one, also in those of an agent that is
   * stopped or cut off.
   */
  synchronized void open(GroupKey key) {
    groups.revokeOlder(spec(key), "superseded by generation " + key.generation());
    monitor(key);
  }

  private GroupMonitor monitor(GroupKey key) {
    return open.computeIfAbsent(key.generation(), g -> groups.monitor(spec(key)));
  }

  /**
   * @return last committed step
   */
  synchronized long revoke(GroupKey key, String reason) {
    return monitor(key).revoke(reason);
  }

  synchronized void remove(GroupKey key) {
    GroupMonitor monitor = open.remove(key.generation());
    if (monitor != null) {
      monitor.close();
    }
    groups.remove(spec(key));
  }

  /** Of the newest group, by rank; empty without one. */
  synchronized List<Long> arrivals() {
    var result = new ArrayList<Long>();
    if (!open.isEmpty()) {
      for (long arrivals : open.lastEntry().getValue().arrivals()) {
        result.add(arrivals);
      }
    }
    return result;
  }

  /** Of the newest group by its flight recorders, by rank; empty without one. */
  synchronized List<Standing> standings() {
    return open.isEmpty() ? List.of() : open.lastEntry().getValue().standings();
  }

  /** Of a group that is known here, else empty. */
  synchronized List<Standing> standings(GroupKey key) {
    var monitor = open.get(key.generation());
    return monitor == null ? List.of() : monitor.standings();
  }

  /** The last calls of each rank of a group by its flight recorders; empty when not known here. */
  synchronized List<Recording> recordings(GroupKey key, int last) {
    var monitor = open.get(key.generation());
    return monitor == null ? List.of() : monitor.recordings(last);
  }

  synchronized void close() {
    open.values().forEach(GroupMonitor::close);
    open.clear();
  }
}
