package dev.muster.cli.kills;

import dev.muster.cli.bench.BenchRun;
import dev.muster.cli.process.Interrupts;
import dev.muster.cli.process.LiveWorkers;
import dev.muster.cli.process.LiveWorkers.Worker;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.EventTail;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * What one run shows of itself: its groups as they are formed, its ranks at this moment. One
 * thread.
 */
final class Watch implements AutoCloseable {
  private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(1);

  private final BenchRun run;
  private final LiveWorkers workers;
  private final EventTail events;
  private final Interrupts pause = Interrupts.none();
  private final TreeMap<Long, Group> groups = new TreeMap<>();

  /**
   * One that was formed.
   *
   * @param source where its state came from
   */
  record Group(long generation, long startStep, long lostSteps, Source source) {}

  /** Where a group's state came from. */
  enum Source {
    SCRATCH,
    LIVE,
    OWN_MEMORY,
    PEER_MEMORY,
    STORAGE
  }

  /** Something to wait for. */
  interface Look {
    boolean there() throws IOException;
  }

  Watch(BenchRun run) {
    this.run = run;
    this.workers = new LiveWorkers(run.folder());
    this.events = new EventTail(run.folder().events());
  }

  /** False when it did not come in time; throws when the run has ended. */
  boolean await(long timeoutNs, Look look) throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (!look.there()) {
      if (!run.alive()) {
        throw new IOException("the run ended by itself: log=" + run.log());
      }
      if (System.nanoTime() - start > timeoutNs) {
        return false;
      }
      pause.await(POLL_NS);
    }
    return true;
  }

  void pause(long ns) throws InterruptedException {
    pause.await(ns);
  }

  /** Members of the newest group that live. */
  List<Worker> members() {
    return living(workers.members());
  }

  /** All workers that live. */
  List<Worker> all() {
    return living(workers.look());
  }

  private static List<Worker> living(List<Worker> some) {
    return some.stream()
        .filter(w -> ProcessHandle.of(w.pid()).map(ProcessHandle::isAlive).orElse(false))
        .toList();
  }

  /** Highest one that a worker applied. */
  long step() {
    return workers.step();
  }

  Worker now(Worker worker) {
    return workers.find(worker.worker()).orElse(worker);
  }

  /** Groups by generation, up to this moment. */
  TreeMap<Long, Group> groups() throws IOException {
    for (var event : events.poll()) {
      if (event.topic().equals("generation.formed")) {
        var group = group(event);
        groups.put(group.generation(), group);
      }
    }
    return groups;
  }

  TreeMap<Long, Long> starts() throws IOException {
    var starts = new TreeMap<Long, Long>();
    groups().forEach((generation, group) -> starts.put(generation, group.startStep()));
    return starts;
  }

  /** The newest one trains: all its ranks have made a step. */
  boolean training(long afterGeneration, int size) throws IOException {
    var newest = groups().lastEntry();
    if (newest == null || newest.getKey() <= afterGeneration) {
      return false;
    }
    var group = newest.getValue();
    var members = members();
    return members.size() == size
        && members.stream()
            .allMatch(
                w -> w.generation() == group.generation() && w.appliedStep() > group.startStep());
  }

  private static Group group(Event event) {
    long start = number(event, "startStep");
    var source =
        event.text().contains("read from storage")
            ? Source.STORAGE
            : event.text().contains("read from memory")
                ? event.text().contains("from peers") ? Source.PEER_MEMORY : Source.OWN_MEMORY
                : start > 0 ? Source.LIVE : Source.SCRATCH;
    return new Group(number(event, "generation"), start, number(event, "lostSteps"), source);
  }

  private static long number(Event event, String field) {
    return ((Number) event.fields().get(field)).longValue();
  }

  /** What the workers' trainers said of the states they have verified. */
  List<String> verified() throws IOException {
    var lines = new ArrayList<String>();
    try (var logs = Files.walk(run.folder().logs())) {
      for (var log : logs.filter(f -> f.endsWith("stdout.log")).sorted().toList()) {
        Files.readAllLines(log).stream()
            .filter(line -> line.startsWith(KnownStateTrainer.VERIFIED))
            .forEach(lines::add);
      }
    }
    return lines;
  }

  @Override
  public void close() {
    workers.close();
  }
}
