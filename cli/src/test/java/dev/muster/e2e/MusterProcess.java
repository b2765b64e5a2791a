package dev.muster.e2e;

import dev.muster.cli.process.JavaCommand;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.AgentFile;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.EventTail;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * One {@code muster} command in a process of its own that works on a run folder, followed through
 * the files of that folder. Made by {@link MusterRuns}. One thread.
 *
 * <p>Every {@code await…} throws an {@link AssertionError} that says what did not come; {@link
 * MusterRuns} then prints the {@link #story}.
 */
final class MusterProcess {
  private final RunFolder folder;
  private final Path log;
  private final Process process;
  private final EventTail tail;
  private final List<Event> events = new ArrayList<>();
  private int read;

  /**
   * @param environment added to this process's own
   * @param arguments of {@code muster}
   */
  MusterProcess(
      Path directory,
      RunFolder folder,
      Path log,
      Map<String, String> environment,
      List<String> arguments)
      throws IOException {
    this.folder = folder;
    this.log = log;
    this.tail = new EventTail(folder.events());
    var builder =
        new ProcessBuilder(JavaCommand.service(arguments.toArray(String[]::new)))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    this.process = builder.start();
    process.getOutputStream().close();
  }

  RunFolder folder() {
    return folder;
  }

  /** Of the command itself. */
  long pid() {
    return process.pid();
  }

  long masterPid() {
    return present(MasterFile.class, folder.master()).pid();
  }

  long agentPid(String node) {
    return present(AgentFile.class, folder.agent(new NodeId(node))).pid();
  }

  private static <T> T present(Class<T> type, Path file) {
    return Await.value(Await.LONG, () -> RunFiles.read(file, type))
        .orElseThrow(() -> new AssertionError("no such file: " + file));
  }

  Progress progress() {
    try {
      return RunFiles.read(folder.progress(), Progress.class).orElse(Progress.NONE);
    } catch (IOException e) {
      throw new AssertionError("cannot read " + folder.progress(), e);
    }
  }

  /** The process that runs this rank now. */
  long rankPid(int rank) {
    return awaitProgress(
            "rank " + rank, p -> p.ranks().size() > rank && p.ranks().get(rank).pid() > 0)
        .ranks()
        .get(rank)
        .pid();
  }

  /** All events so far. */
  List<Event> events() {
    try {
      events.addAll(tail.poll());
      return List.copyOf(events);
    } catch (IOException e) {
      throw new AssertionError("cannot read " + folder.events(), e);
    }
  }

  /** Events so far of one topic. */
  List<Event> events(String topic) {
    return events().stream().filter(e -> e.topic().equals(topic)).toList();
  }

  /** The next event of this topic: a second call with the same topic waits for a later one. */
  Event awaitEvent(String topic) {
    return awaitEvent(topic, e -> true);
  }

  /** The next event of this topic and kind after the one returned last. */
  Event awaitEvent(String topic, Predicate<Event> wanted) {
    return await("event " + topic, () -> nextEvent(topic, wanted));
  }

  private Optional<Event> nextEvent(String topic, Predicate<Event> wanted) {
    for (var all = events(); read < all.size(); ) {
      var event = all.get(read++);
      if (event.topic().equals(topic) && wanted.test(event)) {
        return Optional.of(event);
      }
    }
    return Optional.empty();
  }

  /** Events read so far are no longer awaited. */
  void skipEvents() {
    read = events().size();
  }

  Progress awaitProgress(String what, Predicate<Progress> wanted) {
    return await("progress: " + what, () -> Optional.of(progress()).filter(wanted));
  }

  /** The group that came out of the recovery of this number, complete with its processes. */
  Progress awaitRecoveries(int recoveries) {
    return awaitProgress(
        "recovery " + recoveries,
        p ->
            p.generation() > 0
                && p.recoveries() == recoveries
                && p.ranks().size() == p.workersWanted()
                && p.ranks().stream().allMatch(r -> r.pid() > 0));
  }

  /** Process of each rank, in rank order. */
  static List<Long> pids(Progress progress) {
    return progress.ranks().stream().map(Progress.Rank::pid).toList();
  }

  Progress awaitStep(long step) {
    return awaitProgress("step " + step, p -> p.step() >= step);
  }

  /** While the command lives, and once more after its end. */
  <T> T await(String what, Await.Look<Optional<T>> look) {
    var value = Await.value(Await.LONG, () -> aliveOr(look));
    return value
        .orElseGet(Optional::empty)
        .orElseThrow(() ->
            new AssertionError(
                "did not come: " + what + (process.isAlive() ? "" : "; the command has ended")));
  }

  /** Outer empty: look again; inner empty: it cannot come any more. */
  private <T> Optional<Optional<T>> aliveOr(Await.Look<Optional<T>> look) throws Exception {
    boolean alive = process.isAlive();
    var value = look.look();
    return value.isPresent() || !alive ? Optional.of(value) : Optional.empty();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Exit code of the command, which must come. */
  int awaitExit() {
    return awaitExit(Duration.ofMinutes(2));
  }

  int awaitExit(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("the command did not end in " + limit);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The result once the command has ended. */
  Result awaitResult() {
    awaitExit();
    try {
      return RunFiles.read(folder.result(), Result.class)
          .orElseThrow(
              () -> new AssertionError("ended without a result: exitCode=" + process.exitValue()));
    } catch (IOException e) {
      throw new AssertionError("cannot read " + folder.result(), e);
    }
  }

  /** What the command printed so far. */
  String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "(cannot read " + log + ")";
    }
  }

  /** Everything of this run that still runs: command, master, agents, wardens, workers. */
  List<ProcessHandle> processes() {
    return ProcessTable.naming(folder.run().toString());
  }

  /** What a person needs after a failure: output, events, logs. */
  String story() {
    return RunStory.of(this);
  }

  /** SIGKILL to all that is left, and no shared segment stays. */
  void close() {
    process.destroyForcibly();
    Await.that(
        Duration.ofSeconds(10),
        () -> {
          var left = processes();
          left.forEach(ProcessHandle::destroyForcibly);
          return left.isEmpty();
        });
    try {
      folder.sharedOfAllHosts().forEach(Folders::delete);
    } catch (IOException e) {
      throw new AssertionError("cannot clean up " + folder.shared(), e);
    }
  }
}
