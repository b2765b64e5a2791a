package dev.muster.worker.host;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Standing;
import dev.muster.collectives.hosts.HostGroups;
import dev.muster.collectives.hosts.Limits;
import dev.muster.collectives.hosts.Placement;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.worker.agent.AgentAction.GroupKey;
import dev.muster.worker.agent.AgentAction.Span;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The agent's looks at groups of this host, by generation; of those that span hosts, at their part
 * here. Any thread.
 */
final class OpenGroups {
  /** The one group of the layout so far. */
  static final String GROUP = "dp";

  private static final Placement NOWHERE = new Placement(List.of());

  private final NodeId node;
  private final Groups groups;
  private final Path folder;
  private final NavigableMap<Long, GroupMonitor> open = new TreeMap<>();
  private final NavigableMap<Long, Span> spans = new TreeMap<>(); // until they are removed
  private Roll roll; // of the newest group that spans hosts; null before the first

  /** Of one group: which of its ranks are on which of its hosts. */
  private record Roll(
      long generation, List<String> names, List<String> leaders, List<Integer> hostOf) {
    static Roll call(Span span) {
      var hosts = span.hosts();
      var hostOf = new Integer[span.group().worldSize()];
      for (int host = 0; host < hosts.size(); host++) {
        for (var node : hosts.get(host).nodes()) {
          for (var member : span.group().on(node)) {
            hostOf[member.rank()] = host;
          }
        }
      }
      return new Roll(
          span.group().generation().number(),
          hosts.stream().map(ToAgent.HostPart::name).toList(),
          hosts.stream().map(ToAgent.HostPart::leader).toList(),
          List.of(hostOf));
    }

    Placement placement() {
      return Placement.of(names, leaders, hostOf);
    }
  }

  OpenGroups(NodeId node, Groups groups, Path folder) {
    this.node = node;
    this.groups = groups;
    this.folder = folder;
  }

  private Groups groups(GroupKey key) {
    var span = spans.getOrDefault(key.generation(), Span.NONE);
    return span.hosts().isEmpty()
        ? groups
        : new HostGroups(groups, hereIn(span), _ -> Roll.call(span).placement(), Limits.DEFAULT);
  }

  /** What this host is called in the group. */
  private String hereIn(Span span) {
    return span.hosts().stream()
        .filter(host -> host.nodes().contains(node))
        .map(ToAgent.HostPart::name)
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("this node is on no host of the group: node=" + node));
  }

  /** The order to a worker, with the hosts of its group if these are several. */
  synchronized ToWorker.Form complete(ToWorker.Form form) {
    return roll == null || roll.generation() != form.generation()
        ? form
        : form.over(roll.names(), roll.leaders(), roll.hostOf());
  }

  private Groups.Spec spec(GroupKey key) {
    return new Groups.Spec(
        folder, GROUP, key.generation(), key.worldSize(), key.startStep(), key.bytesPerRank());
  }

  /**
   * Before anything can commit in it nothing can in an older one, also in those of an agent that is
   * stopped or cut off.
   */
  synchronized void open(GroupKey key, Span span) {
    new HostGroups(groups, node.name(), _ -> NOWHERE, Limits.DEFAULT)
        .revokeOlder(spec(key), "superseded by generation " + key.generation());
    spans.put(key.generation(), span);
    roll = span.hosts().isEmpty() ? roll : Roll.call(span);
    monitor(key);
  }

  private GroupMonitor monitor(GroupKey key) {
    return open.computeIfAbsent(key.generation(), g -> groups(key).monitor(spec(key)));
  }

  /** Empty: ask again in a moment; what other hosts committed is not known yet. */
  synchronized Optional<GroupMonitor.End> tryRevoke(GroupKey key, String reason) {
    return monitor(key).tryRevoke(reason);
  }

  /** Why it ended: whoever ended it first said so. */
  synchronized String reason(GroupKey key) {
    return monitor(key).reason();
  }

  synchronized void remove(GroupKey key) {
    GroupMonitor monitor = open.remove(key.generation());
    if (monitor != null) {
      monitor.close();
    }
    groups(key).remove(spec(key));
    spans.remove(key.generation());
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
