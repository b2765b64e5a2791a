package dev.muster.cli.kills;

import dev.muster.cli.process.LiveWorkers.Worker;
import dev.muster.protocol.local.ControlPage.Phase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Waits for a moment, kills, and looks what was hit. One thread. */
final class Striker {
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(8);
  private static final long SPREAD_NS = TimeUnit.MILLISECONDS.toNanos(400);

  private final Watch watch;
  private final Sight sight;
  private final Hosts hosts;
  private final int shards;
  private final SplittableRandom random;
  private final List<Strike> strikes = new ArrayList<>();
  private long generation; // the newest one that a worker knew before the kill

  /**
   * @param shards of a checkpoint
   */
  Striker(Watch watch, Sight sight, Hosts hosts, int shards, SplittableRandom random) {
    this.watch = watch;
    this.sight = sight;
    this.hosts = hosts;
    this.shards = shards;
    this.random = random;
  }

  List<Strike> strikes() {
    return strikes;
  }

  /** Agents that it killed are started again by nobody but {@link #revive}. */
  void strike(Moment moment) throws IOException, InterruptedException {
    watch.pause(random.nextLong(SPREAD_NS));
    switch (moment) {
      case STEP -> rank(moment, true);
      case SAVE -> save();
      case COPY -> copy();
      case PERSIST -> persist();
      case COMMIT -> {
        boolean met = watch.await(PATIENCE_NS, () -> sight.committing(shards));
        agent(moment, hosts.nodes().getFirst(), met && sight.committing(shards));
      }
      case RESTORE -> rank(moment, true);
      case AGENT -> agent(moment, node(), true);
      case HOST -> host(moment, node(), true);
      case ALL -> all();
    }
  }

  private String node() {
    return hosts.nodes().get(random.nextInt(hosts.nodes().size()));
  }

  private <T> T drawn(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private void rank(Moment moment, boolean met) {
    kill(moment, drawn(watch.members()), w -> met);
  }

  private interface Evidence {
    boolean in(Worker victim) throws IOException;
  }

  private List<Worker> look() {
    var workers = watch.all();
    generation = workers.stream().mapToLong(Worker::generation).max().orElse(generation);
    return workers;
  }

  private void kill(Moment moment, Worker victim, Evidence evidence) {
    ProcessHandle.of(victim.pid()).ifPresent(ProcessHandle::destroyForcibly);
    var after = watch.now(victim);
    boolean met;
    try {
      met = evidence.in(after);
    } catch (IOException unseen) {
      met = false;
    }
    note(
        moment,
        met,
        "rank on worker " + victim.worker() + " at step " + after.appliedStep(),
        after.phase().toString(),
        1,
        Math.max(generation, after.generation()),
        List.of(victim));
  }

  private void save() throws IOException, InterruptedException {
    var seen = new ArrayList<Worker>();
    watch.await(PATIENCE_NS, () -> seen.addAll(saving()));
    if (seen.isEmpty()) {
      rank(Moment.SAVE, false);
    } else {
      kill(Moment.SAVE, drawn(seen), w -> torn(w.worker()));
    }
  }

  private List<Worker> saving() {
    return watch.members().stream().filter(w -> torn(w.worker())).toList();
  }

  private boolean torn(String name) {
    return sight.torn().stream().anyMatch(t -> t.name().equals(name));
  }

  private void copy() throws IOException, InterruptedException {
    var seen = new ArrayList<Sight.Torn>();
    watch.await(
        PATIENCE_NS, () -> seen.addAll(sight.torn().stream().filter(Sight.Torn::copy).toList()));
    String receiver = seen.isEmpty() ? node() : seen.getFirst().node();
    var others = hosts.nodes().stream().filter(n -> !n.equals(receiver)).toList();
    String node = random.nextBoolean() || others.isEmpty() ? receiver : drawn(others);
    if (random.nextBoolean()) {
      agent(Moment.COPY, node, !seen.isEmpty());
    } else {
      host(Moment.COPY, node, !seen.isEmpty());
    }
  }

  private void persist() throws IOException, InterruptedException {
    boolean met = watch.await(PATIENCE_NS, sight::persisting);
    switch (random.nextInt(3)) {
      case 0 -> kill(Moment.PERSIST, drawn(watch.members()), w -> met);
      case 1 -> agent(Moment.PERSIST, node(), met);
      default -> host(Moment.PERSIST, node(), met);
    }
  }

  private void agent(Moment moment, String node, boolean met)
      throws IOException, InterruptedException {
    var workers = Hosts.of(node, look());
    hosts.killAgent(node, workers);
    note(moment, met, "agent " + node, phases(workers), 1, generation, workers);
    hosts.start(node);
  }

  private void host(Moment moment, String node, boolean met)
      throws IOException, InterruptedException {
    var workers = Hosts.of(node, look());
    int processes = hosts.killHost(node, workers);
    note(moment, met, "host " + node, phases(workers), processes, generation, workers);
    hosts.start(node);
  }

  private void all() {
    look();
    var workers = watch.members();
    workers.forEach(w -> ProcessHandle.of(w.pid()).ifPresent(ProcessHandle::destroyForcibly));
    note(Moment.ALL, true, "all ranks", phases(workers), workers.size(), generation, workers);
  }

  private String phases(List<Worker> workers) {
    return workers.stream()
        .map(w -> watch.now(w).phase().toString())
        .sorted()
        .distinct()
        .toList()
        .toString();
  }

  private void note(
      Moment moment,
      boolean met,
      String victim,
      String phase,
      int processes,
      long generation,
      List<Worker> gone) {
    var names = gone.stream().map(Worker::worker).collect(Collectors.toSet());
    int number = strikes.size() + 1;
    strikes.add(new Strike(number, moment, met, victim, phase, processes, generation, names));
  }

  /**
   * Second half of {@link Moment#RESTORE}; false when nobody restored for long enough to be seen.
   */
  boolean strikeRestoring(long generation) throws IOException, InterruptedException {
    var seen = new ArrayList<Worker>();
    watch.await(
        PATIENCE_NS * 4,
        () ->
            seen.addAll(
                    watch.members().stream()
                        .filter(w -> w.generation() > generation && w.phase() == Phase.RESTORING)
                        .toList())
                || watch.training(generation, 1));
    if (seen.isEmpty()) {
      return false;
    }
    kill(Moment.RESTORE, drawn(seen), w -> w.phase() == Phase.RESTORING);
    return true;
  }
}
