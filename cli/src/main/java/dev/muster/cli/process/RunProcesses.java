package dev.muster.cli.process;

import dev.muster.cli.UserError;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.AgentFile;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The master and the agents of one run as seen by the command that started them. */
public final class RunProcesses {
  private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long ORPHANS_NS = TimeUnit.SECONDS.toNanos(5);

  private final RunFolder folder;
  private final ServiceCommands commands;
  private final List<Service> agents = new ArrayList<>();
  private final List<ProcessHandle> orphans = new ArrayList<>();
  private Service master;

  public RunProcesses(RunFolder folder, ServiceCommands commands) {
    this.folder = folder;
    this.commands = commands;
  }

  /**
   * Starts the master and waits until it accepts agents.
   *
   * @throws UserError it ended or did not come up in time; nothing of it is left running
   */
  public MasterFile startMaster(String host, int port, long timeoutNs)
      throws IOException, InterruptedException {
    master = Service.start(commands.master(folder, host, port), folder.masterLog(), true);
    long deadline = System.nanoTime() + timeoutNs;
    while (System.nanoTime() - deadline < 0) {
      var file = RunFiles.read(folder.master(), MasterFile.class);
      if (file.isPresent() && file.get().pid() == master.pid()) {
        return file.get();
      }
      if (master.await(POLL_NS)) {
        throw notStarted("master ended while starting: exitCode=" + master.exitValue());
      }
    }
    master.kill();
    throw notStarted("master did not start in " + TimeUnit.NANOSECONDS.toSeconds(timeoutNs) + " s");
  }

  private UserError notStarted(String what) {
    var tail = master.logTail(20);
    return UserError.failed(
        what
            + "; see "
            + folder.masterLog()
            + (tail.isEmpty() ? "" : ", which ends with\n" + tail.indent(2).stripTrailing()));
  }

  /** Starts the agent of {@code node} unless a former one still lives. */
  public void startAgent(NodeId node, int slots, MasterFile to) throws IOException {
    if (formerAgentLives(node)) {
      return;
    }
    agents.add(
        Service.start(
            commands.agent(folder, node, slots, to.host(), to.port()),
            folder.agentLog(node),
            false));
  }

  private boolean formerAgentLives(NodeId node) throws IOException {
    return RunFiles.read(folder.agent(node), AgentFile.class)
        .map(file -> Pids.lives(file.pid(), file.startedEpochMillis()))
        .orElse(false);
  }

  public boolean masterAlive() {
    return master != null && master.alive();
  }

  /** Of a master that is gone. */
  public int masterExitValue() {
    return master.exitValue();
  }

  /** Asks for a graceful stop; the result comes in {@code result.json}. */
  public void stop() {
    master.tell("stop");
  }

  /** SIGKILL to the master, every agent of this run on this host and all that they started. */
  public void kill() throws IOException {
    if (master != null) {
      master.kill();
    }
    for (var agent : agentFiles()) {
      Pids.find(agent.pid(), agent.startedEpochMillis())
          .ifPresent(process -> {
            orphans.addAll(
                process
                    .descendants()
                    .toList()); // before their parent is gone: its warden and its workers
            process.destroyForcibly();
          });
    }
    agents.forEach(Service::kill);
  }

  /**
   * The warden of an agent that was killed kills its workers' groups; what is left after a moment
   * is killed here.
   */
  private void awaitOrphans() throws InterruptedException {
    var ends =
        CompletableFuture.allOf(
            orphans.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new));
    try {
      ends.get(ORPHANS_NS, TimeUnit.NANOSECONDS);
    } catch (TimeoutException left) {
      orphans.forEach(ProcessHandle::destroyForcibly);
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Waits until all that was started here is gone, then removes what they should have removed. */
  public void awaitEnd(long timeoutNs) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeoutNs;
    var all = new ArrayList<>(agents);
    all.addFirst(master);
    for (var service : all) {
      if (!service.await(Math.max(1, deadline - System.nanoTime()))) {
        service.kill();
        service.await(TimeUnit.SECONDS.toNanos(5));
      }
    }
    awaitOrphans();
    if (agentFiles().stream().noneMatch(a -> Pids.lives(a.pid(), a.startedEpochMillis()))) {
      for (var shared : folder.sharedOfAllHosts()) {
        delete(shared);
      }
    }
  }

  private List<AgentFile> agentFiles() throws IOException {
    var files = new ArrayList<AgentFile>();
    try (var paths = Files.newDirectoryStream(folder.agents(), "*.json")) {
      for (var path : paths) {
        RunFiles.read(path, AgentFile.class).ifPresent(files::add);
      }
    }
    return files;
  }

  /** A folder with all that is in it; follows no links. */
  static void delete(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (var paths = Files.walk(folder)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
