package dev.muster.worker.host;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.worker.agent.Reading;
import dev.muster.worker.process.ProcessStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Control pages of the workers of one agent, from launch to end. Any thread; nothing here blocks
 * for long.
 */
final class Pages {
  static final String PAGE_SUFFIX = ".page";
  static final String GROUP_SUFFIX = ".group";

  private final Path folder;
  private final NavigableMap<WorkerId, ControlPage> pages = new TreeMap<>();
  private long leaseDeadlineNs;

  Pages(Path folder) {
    this.folder = folder;
  }

  Path file(WorkerId worker) {
    return folder.resolve(name(worker) + PAGE_SUFFIX);
  }

  private static String name(WorkerId worker) {
    NodeId node = worker.node();
    return node + "-" + worker.number();
  }

  synchronized void create(WorkerId worker) throws IOException {
    var page = ControlPage.create(file(worker));
    page.leaseDeadlineNs(leaseDeadlineNs);
    pages.put(worker, page);
  }

  /** Remembers a process group for whoever sweeps after this agent. */
  void remember(WorkerId worker, long pid) throws IOException {
    var stat = ProcessStat.of(pid);
    if (stat.isPresent()) {
      Files.writeString(
          folder.resolve(name(worker) + GROUP_SUFFIX), pid + " " + stat.get().startTicks());
    }
  }

  /** Nothing is left of its process group. */
  void forget(WorkerId worker) throws IOException {
    Files.deleteIfExists(folder.resolve(name(worker) + GROUP_SUFFIX));
  }

  /**
   * @return last applied step of its group; 0 without a page, or before it holds the group's state
   */
  synchronized long remove(WorkerId worker) throws IOException {
    ControlPage page = pages.remove(worker);
    if (page == null) {
      return 0;
    }
    boolean before = page.phase() == Phase.JOINING || page.phase() == Phase.RESTORING;
    long applied = before ? 0 : page.appliedStep();
    page.close();
    Files.deleteIfExists(file(worker));
    return applied;
  }

  synchronized void lease(long deadlineNs) {
    leaseDeadlineNs = deadlineNs;
    pages.values().forEach(p -> p.leaseDeadlineNs(deadlineNs));
  }

  synchronized void revoke(WorkerId worker, long generation) {
    ControlPage page = pages.get(worker);
    if (page != null) {
      page.revokedGeneration(Math.max(generation, page.revokedGeneration()));
    }
  }

  synchronized Optional<Reading> read(WorkerId worker) {
    ControlPage page = pages.get(worker);
    return page == null
        ? Optional.empty()
        : Optional.of(
            new Reading(
                worker,
                page.generation(),
                page.appliedStep(),
                page.stepInFlight(),
                page.phase(),
                page.progress(),
                page.loss(),
                page.unitsPerSecond(),
                page.stepDurationNs(),
                0,
                false));
  }
}
