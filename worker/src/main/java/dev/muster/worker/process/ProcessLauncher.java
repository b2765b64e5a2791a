package dev.muster.worker.process;

import dev.muster.protocol.Exit;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts processes, each the leader of its own session and process group, and signals those groups.
 *
 * <p>All starts happen on one platform thread that lives as long as the launcher: a child that
 * asked to die with its parent (PR_SET_PDEATHSIG) dies with the parent's <em>thread</em>. Ends are
 * noticed by the operating system's exit notification, never by polling. When a leader ends, what
 * is left of its group is killed.
 *
 * <p>The group comes from the {@code setsid} utility (util-linux, busybox), which replaces itself
 * by the command, so the pid is the group. Without it a process stays in the launcher's group; then
 * its descendants are signalled one by one, and those whose parent has ended before are missed.
 */
public final class ProcessLauncher implements WorkerLauncher {
  private static final Path NULL = Path.of("/dev/null");

  private final ExecutorService starter;
  private final OutputFollower output;
  private final WardenLink warden;
  private final String setsid;
  private final Map<Long, Process> running = new ConcurrentHashMap<>();
  private final Set<CompletableFuture<Void>> untold =
      ConcurrentHashMap.newKeySet(); // ends the listener has not heard of

  /**
   * @param warden told of every group, closed with this; may be null
   */
  public ProcessLauncher(OutputFollower output, WardenLink warden) {
    this(output, warden, findOnPath("setsid"));
  }

  ProcessLauncher(OutputFollower output, WardenLink warden, String setsid) {
    this.output = output;
    this.warden = warden;
    this.setsid = setsid;
    this.starter =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().name("process-launcher").factory());
    Thread.ofPlatform().daemon().name("process-launcher-link").start(Posix::link);
  }

  @Override
  public void start(LaunchSpec spec, Listener listener) {
    starter.execute(() -> startNow(spec, listener));
  }

  private void startNow(LaunchSpec spec, Listener listener) {
    Process process;
    try {
      process = startMarked(builder(spec));
    } catch (IOException | RuntimeException e) {
      listener.startFailed(
          "cannot start worker: command=" + spec.command() + " cause=" + e.getMessage());
      return;
    }
    long pid = process.pid();
    running.put(pid, process);
    guard(pid);
    var following = output.follow(spec.name(), spec.logs());
    listener.started(pid);
    var end = process.onExit().thenAccept(p -> ended(p, following, listener));
    untold.add(end);
    end.whenComplete((told, failure) -> untold.remove(end));
  }

  /** The warden knows of it before it is there: this process may be killed at any instant. */
  private Process startMarked(ProcessBuilder builder) throws IOException {
    if (warden == null) {
      return builder.start();
    }
    String mark = ProcessHandle.current().pid() + "-" + System.nanoTime();
    builder.environment().put(LaunchMark.VARIABLE, mark);
    warden.starting(mark);
    try {
      return builder.start();
    } catch (IOException | RuntimeException e) {
      warden.failed();
      throw e;
    }
  }

  private void guard(long pid) {
    if (warden != null) {
      ProcessStat.of(pid)
          .filter(s -> ownGroups())
          .ifPresentOrElse(s -> warden.add(pid, s.startTicks()), warden::failed);
    }
  }

  private void ended(Process process, OutputFollower.Following following, Listener listener) {
    long noticedNs = System.nanoTime();
    signal(process.pid(), Posix.SIGKILL); // grandchildren hold memory and devices
    running.remove(process.pid());
    if (warden != null) {
      warden.remove(process.pid());
    }
    listener.ended(Exit.ofJava(process.exitValue()), noticedNs);
    following.finish();
  }

  private ProcessBuilder builder(LaunchSpec spec) throws IOException {
    if (spec.command().isEmpty()) {
      throw new IOException("the command is empty");
    }
    if (findOnPath(spec.command().getFirst()) == null) {
      throw new IOException("no such program: " + spec.command().getFirst());
    }
    Files.createDirectories(
        spec.logs(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    var command = new ArrayList<String>();
    if (ownGroups()) {
      command.add(setsid);
    }
    command.addAll(spec.command());
    var builder =
        new ProcessBuilder(command)
            .redirectInput(NULL.toFile())
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(OutputFollower.stdout(spec.logs()).toFile()))
            .redirectError(
                ProcessBuilder.Redirect.appendTo(OutputFollower.stderr(spec.logs()).toFile()));
    var environment = builder.environment();
    environment.putAll(spec.environment());
    // libraries that take every core for every rank make all ranks slow
    environment.putIfAbsent("OMP_NUM_THREADS", "1");
    environment.putIfAbsent("OPENBLAS_NUM_THREADS", "1");
    return builder;
  }

  private boolean ownGroups() {
    return setsid != null;
  }

  @Override
  public void terminate(long pid) {
    signal(pid, Posix.SIGTERM);
  }

  @Override
  public void kill(long pid) {
    signal(pid, Posix.SIGKILL);
  }

  @Override
  public void lease(long leftMs) {
    if (warden != null) {
      warden.lease(leftMs);
    }
  }

  private void signal(long pid, int signal) {
    Process process = running.get(pid);
    if (process == null) {
      return; // its number may belong to somebody else by now
    }
    if (ownGroups()) {
      if (!Posix.killGroup(pid, signal)) {
        // between fork and setsid the group does not exist yet
        signalIfAlive(process.toHandle(), signal);
      }
    } else {
      var descendants = process.descendants().toList();
      signalIfAlive(process.toHandle(), signal);
      descendants.forEach(d -> signalIfAlive(d, signal));
    }
  }

  private static void signalIfAlive(ProcessHandle process, int signal) {
    if (process.isAlive()) {
      Posix.kill(process.pid(), signal);
    }
  }

  /**
   * Kills all groups that still run and waits until the listeners know; then its warden has nothing
   * left to guard.
   */
  @Override
  public void close() {
    starter.shutdown();
    try {
      starter.awaitTermination(10, TimeUnit.SECONDS);
      var ends = List.copyOf(untold);
      List.copyOf(running.keySet()).forEach(this::kill);
      CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("processes outlived SIGKILL: pids=" + running.keySet(), e);
    } finally {
      if (warden != null) {
        warden.close();
      }
    }
  }

  /** Absolute path of a program, null when there is none that may be executed. */
  static String findOnPath(String program) {
    if (program.contains(File.separator)) {
      return Files.isExecutable(Path.of(program)) && !Files.isDirectory(Path.of(program))
          ? program
          : null;
    }
    String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
    for (String folder : path.split(File.pathSeparator)) {
      Path file = Path.of(folder, program);
      if (Files.isExecutable(file) && !Files.isDirectory(file)) {
        return file.toString();
      }
    }
    return null;
  }
}
