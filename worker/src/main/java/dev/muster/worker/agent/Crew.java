package dev.muster.worker.agent;

import static dev.muster.worker.agent.AgentAction.Signal.Kind.KILL;
import static dev.muster.worker.agent.AgentAction.Signal.Kind.TERM;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** The worker processes of this node, from order to exit notice. */
final class Crew {
  /** How long a process may outlive its socket, or its trainer's failure, before it is killed. */
  static final long LINGER_NS = 2_000_000_000L;

  private final AgentSettings settings;
  private final MasterLink link;
  private final NavigableMap<WorkerId, LocalWorker> workers = new TreeMap<>();
  private final Set<Integer> used = new TreeSet<>();

  Crew(AgentSettings settings, MasterLink link) {
    this.settings = settings;
    this.link = link;
  }

  void launch(ToAgent.Launch order, Effects<AgentEvent> fx) {
    WorkerId id = order.worker();
    if (workers.containsKey(id)) {
      fx.note("worker.launched", "already runs: worker=" + id); // an order sent again
      return;
    }
    var generation = order.place() == null ? Generation.NONE : order.place().generation();
    if (!id.node().equals(settings.node()) || used.contains(id.number())) {
      link.refuse(generation, "launch of " + id + ": not a new worker of this node", fx);
    } else if (order.place() != null && !link.admit(generation)) {
      link.refuse(generation, "launch of " + id, fx);
    } else if (free() <= 0) {
      used.add(id.number());
      full(order, generation, fx);
    } else {
      used.add(id.number());
      workers.put(id, LocalWorker.launched(id, order.place()));
      fx.perform(
          new AgentAction.LaunchProcess(id, order.place(), link.terms().run(), link.terms().job()));
    }
  }

  /**
   * Orders of several links met here, so the master does not know all that runs: nobody's error.
   * Another worker is started when this one does not get ready; nobody waits for a plain command.
   */
  private void full(ToAgent.Launch order, Generation generation, Effects<AgentEvent> fx) {
    String why = "no free slot: slots=" + settings.slots();
    if (order.place() == null) {
      link.refuse(generation, "launch of " + order.worker() + ": " + why, fx);
    } else {
      neverRan(order.worker(), generation, "cannot start worker: " + why, fx);
    }
  }

  private long free() {
    return settings.slots() - workers.values().stream().filter(w -> !w.lost()).count();
  }

  void startFailed(WorkerId id, String reason, Effects<AgentEvent> fx) {
    LocalWorker worker = workers.remove(id);
    if (worker != null) {
      neverRan(id, generationOf(worker), reason, fx);
    }
  }

  /** Exit code 127, as a shell says that it found no command. */
  private void neverRan(WorkerId id, Generation generation, String reason, Effects<AgentEvent> fx) {
    fx.note("worker.start-failed", "worker=" + id + ": " + reason);
    link.tell(new ToMaster.WorkerExited(id, generation, Exit.code(127), 0, 0, reason), fx);
  }

  /**
   * @param generation the group it was in
   * @param stopping the agent goes, and its workers with it
   * @return what was known of it; empty when it was not known
   */
  Optional<LocalWorker> ended(
      AgentEvent.WorkerEnded end, Generation generation, boolean stopping, Effects<AgentEvent> fx) {
    LocalWorker worker = workers.remove(end.worker());
    if (worker == null) {
      return Optional.empty();
    }
    fx.cancel(due(AgentEvent.Timer.TERM, worker.id()).key());
    fx.cancel(due(AgentEvent.Timer.KILL, worker.id()).key());
    long detectNs = worker.faultAtNs() == 0 ? 0 : Math.max(1, end.noticedNs() - worker.faultAtNs());
    var in = worker.place() == null ? generation : worker.place().generation();
    fx.note("worker.ended", "worker=" + worker.id() + " pid=" + worker.pid() + " " + end.exit());
    link.tell(
        new ToMaster.WorkerExited(
            worker.id(),
            in,
            stopping ? goneAlong(worker, end) : end.exit(),
            end.appliedStep(),
            detectNs,
            worker.error()),
        fx);
    return Optional.of(worker);
  }

  /** One that goes because its agent goes has not failed, however it ends. */
  private static Exit goneAlong(LocalWorker worker, AgentEvent.WorkerEnded end) {
    boolean managed = worker.place() == null;
    return managed && worker.finished() == null ? Exit.FENCED : end.exit();
  }

  void kill(WorkerId id, long graceNs, String reason, Effects<AgentEvent> fx) {
    LocalWorker worker = workers.get(id);
    if (worker == null) {
      link.tell(
          new ToMaster.WorkerExited(id, Generation.NONE, Exit.signal(9), 0, 0, ""),
          fx); // told before, or it never ran
      return;
    }
    fx.note(
        "worker.killed", "worker=" + id + " graceMs=" + graceNs / 1_000_000 + " reason=" + reason);
    if (graceNs <= 0) {
      update(id, LocalWorker::withLost);
      fx.perform(new AgentAction.Signal(id, KILL));
    } else {
      fx.perform(new AgentAction.Signal(id, TERM));
      fx.timer(due(AgentEvent.Timer.KILL, id).key(), graceNs, due(AgentEvent.Timer.KILL, id));
    }
  }

  /**
   * Asks managed workers to leave, half of the grace later SIGTERM, at its end SIGKILL; plain
   * commands get SIGTERM at once.
   */
  void stopAll(long graceNs, String reason, Effects<AgentEvent> fx) {
    for (LocalWorker worker : all()) {
      if (graceNs > 0 && worker.usable()) {
        fx.perform(new AgentAction.Tell(worker.id(), new ToWorker.Stop(reason)));
        fx.timer(
            due(AgentEvent.Timer.TERM, worker.id()).key(),
            graceNs / 2,
            due(AgentEvent.Timer.TERM, worker.id()));
        fx.timer(
            due(AgentEvent.Timer.KILL, worker.id()).key(),
            graceNs,
            due(AgentEvent.Timer.KILL, worker.id()));
      } else {
        kill(worker.id(), graceNs, reason, fx);
      }
    }
  }

  void signalDue(AgentEvent.Due due, Effects<AgentEvent> fx) {
    if (workers.containsKey(due.worker())) {
      fx.perform(
          new AgentAction.Signal(due.worker(), due.timer() == AgentEvent.Timer.TERM ? TERM : KILL));
    }
  }

  /** The process is of no use any more but may end by itself, which tells more than a SIGKILL. */
  void lose(WorkerId id, Effects<AgentEvent> fx) {
    update(id, LocalWorker::withLost);
    fx.timer(due(AgentEvent.Timer.KILL, id).key(), LINGER_NS, due(AgentEvent.Timer.KILL, id));
  }

  void update(WorkerId id, UnaryOperator<LocalWorker> change) {
    workers.computeIfPresent(id, (key, worker) -> change.apply(worker));
  }

  Optional<LocalWorker> find(WorkerId id) {
    return Optional.ofNullable(workers.get(id));
  }

  /** In order of their ids; a copy. */
  List<LocalWorker> all() {
    return new ArrayList<>(workers.values());
  }

  boolean isEmpty() {
    return workers.isEmpty();
  }

  static Generation generationOf(LocalWorker worker) {
    return worker.place() == null ? Generation.NONE : worker.place().generation();
  }

  private static AgentEvent.Due due(AgentEvent.Timer timer, WorkerId id) {
    return new AgentEvent.Due(timer, id);
  }
}
