package dev.muster.worker.host;

import dev.muster.collectives.Groups;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.RunFolder;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Where one agent runs its workers.
 *
 * @param shared folder of sockets, control pages and segments, usually {@code folder.shared()};
 *     made with mode 0700
 * @param console gets what workers print, {@code [rank/worker] line}, from one thread
 * @param groups the data plane of this host
 * @param ranks where its workers meet ranks of other hosts; null: nowhere
 */
public record HostSettings(
    NodeId node,
    RunFolder folder,
    Path shared,
    Consumer<String> console,
    Groups groups,
    RankNetwork ranks) {
  /** Whose workers meet nobody outside. */
  public HostSettings(
      NodeId node, RunFolder folder, Path shared, Consumer<String> console, Groups groups) {
    this(node, folder, shared, console, groups, null);
  }
}
