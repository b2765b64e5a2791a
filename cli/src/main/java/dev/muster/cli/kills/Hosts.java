package dev.muster.cli.kills;

import dev.muster.cli.process.LiveWorkers.Worker;
import dev.muster.cli.process.ServiceCommands;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The agents of one run, each of which stands for a host with memory of its own. Signals are
 * SIGKILL. One thread.
 */
final class Hosts implements AutoCloseable {
  private static final long END_SECONDS = 30;

  private final RunFolder folder;
  private final int slots;
  private final MasterFile master;
  private final TreeMap<String, Process> agents = new TreeMap<>();

  /**
   * @param slots workers that one host can take
   */
  Hosts(RunFolder folder, int slots, MasterFile master) {
    this.folder = folder;
    this.slots = slots;
    this.master = master;
  }

  void start(String node) throws IOException {
    var id = new NodeId(node);
    var command = ServiceCommands.own().agent(folder, id, slots, master.host(), master.port());
    agents.put(
        node,
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.agentLog(id).toFile()))
            .start());
  }

  /** Whose agents were started, sorted. */
  List<String> nodes() {
    return List.copyOf(agents.keySet());
  }

  /** Its warden, which lives on, kills the workers; returns when they are gone. */
  void killAgent(String node, List<Worker> workers) throws IOException, InterruptedException {
    agents.get(node).destroyForcibly();
    awaitGone(node, workers);
  }

  /**
   * The agent, its warden, its workers, and all that was in the host's memory.
   *
   * @return processes that were killed
   */
  int killHost(String node, List<Worker> workers) throws IOException, InterruptedException {
    var processes = new ArrayList<ProcessHandle>();
    processes.add(agents.get(node).toHandle());
    agents.get(node).descendants().forEach(processes::add);
    of(node, workers).stream()
        .flatMap(w -> ProcessHandle.of(w.pid()).stream())
        .forEach(processes::add);
    processes.forEach(ProcessHandle::destroyForcibly);
    awaitGone(node, workers);
    delete(memory(node));
    delete(disk(node));
    return (int) processes.stream().mapToLong(ProcessHandle::pid).distinct().count();
  }

  static List<Worker> of(String node, List<Worker> workers) {
    return workers.stream().filter(w -> w.worker().startsWith(node + "-")).toList();
  }

  private void awaitGone(String node, List<Worker> workers)
      throws IOException, InterruptedException {
    var ends = new ArrayList<ProcessHandle>();
    ends.add(agents.get(node).toHandle());
    of(node, workers).stream().flatMap(w -> ProcessHandle.of(w.pid()).stream()).forEach(ends::add);
    for (var process : ends) {
      try {
        process.onExit().get(END_SECONDS, TimeUnit.SECONDS);
      } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
        throw new IOException("it outlives its agent: pid=" + process.pid(), e);
      }
    }
  }

  /** Where the snapshots of a host lie, as they are now; null when it has none. */
  SnapshotPlaces places(String node) {
    return Files.isDirectory(memory(node))
        ? new SnapshotPlaces(memory(node), disk(node), note -> {})
        : null;
  }

  private Path memory(String node) {
    return folder.shared().resolve("snapshots-" + node);
  }

  private Path disk(String node) {
    return folder.root().resolve("snapshots").resolve(node);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (var paths = Files.walk(folder)) {
        for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      }
    }
  }

  /** Whoever still lives is killed. */
  @Override
  public void close() {
    for (var agent : agents.values()) {
      var all = new ArrayList<>(agent.descendants().toList());
      agent.destroyForcibly();
      all.forEach(ProcessHandle::destroyForcibly);
    }
  }
}
