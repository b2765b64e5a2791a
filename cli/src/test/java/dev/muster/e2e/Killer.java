package dev.muster.e2e;

import dev.muster.cli.process.LiveWorkers;
import dev.muster.cli.process.LiveWorkers.Worker;
import dev.muster.protocol.local.ControlPage.Phase;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Sends SIGKILL to workers of a run at moments of the worst kind, and remembers in which phase each
 * was hit. One thread.
 */
final class Killer implements AutoCloseable {
  private static final Set<Phase> COLLECTIVE = EnumSet.of(Phase.WAITING, Phase.AGREEING);

  private final MusterProcess run;
  private final LiveWorkers workers;
  private final SplittableRandom random;
  private final List<Worker> victims = new ArrayList<>();

  Killer(MusterProcess run, SplittableRandom random) {
    this.run = run;
    this.workers = new LiveWorkers(run.folder());
    this.random = random;
  }

  /** A random member, some milliseconds after the step. */
  void anyAfter(long step) {
    awaitStep(step);
    LockSupport.parkNanos(random.nextLong(20_000_000));
    kill(run.await("a member", () -> pick(w -> true)));
  }

  /** A random member while it waits for others in a collective after the step. */
  void inCollectiveAfter(long step) {
    awaitStep(step);
    kill(run.await("a rank in a collective", () -> pick(w -> COLLECTIVE.contains(w.phase()))));
  }

  /**
   * A survivor of the last victim's group while that group is being ended or the next one formed.
   */
  void survivorDuringRecovery() {
    var last = victims.getLast();
    kill(
        run.await(
            "a survivor that heard of the revoke",
            () -> pickOf(survivors(last), w -> w.revoked() >= last.generation())));
  }

  private List<Worker> survivors(Worker last) {
    return workers.look().stream()
        .filter(w ->
            w.generation() >= last.generation()
                && victims.stream().noneMatch(v -> v.worker().equals(w.worker())))
        .toList();
  }

  /** Whoever takes a place in the group after the last victim's, while it fetches the state. */
  void newcomerWhileRestoring() {
    var last = victims.getLast();
    var old =
        workers.look().stream()
            .filter(w -> w.generation() > 0)
            .map(Worker::worker)
            .collect(Collectors.toSet());
    kill(
        run.await(
            "a newcomer that restores",
            () ->
                pickOf(
                    workers.members().stream().filter(w -> !old.contains(w.worker())).toList(),
                    w -> w.generation() > last.generation() && w.phase() == Phase.RESTORING)));
  }

  private void awaitStep(long step) {
    run.await(
        "step " + step,
        () -> Optional.of(step).filter(s -> workers.step() >= s && !workers.members().isEmpty()));
  }

  private Optional<Worker> pick(Predicate<Worker> wanted) {
    return pickOf(workers.members(), wanted);
  }

  private Optional<Worker> pickOf(List<Worker> candidates, Predicate<Worker> wanted) {
    var fitting = candidates.stream().filter(wanted).toList();
    return fitting.isEmpty()
        ? Optional.empty()
        : Optional.of(fitting.get(random.nextInt(fitting.size())));
  }

  private void kill(Worker victim) {
    ProcessTable.kill(victim.pid());
    victims.add(workers.find(victim.worker()).orElse(victim));
    System.out.println("killed: " + victim + ", then " + victims.getLast().phase());
  }

  List<Worker> victims() {
    return victims;
  }

  LiveWorkers workers() {
    return workers;
  }

  @Override
  public void close() {
    workers.close();
  }
}
