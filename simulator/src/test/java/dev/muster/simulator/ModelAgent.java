package dev.muster.simulator;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import java.util.ArrayList;
import java.util.TreeMap;

/**
 * An agent whose workers are a model: they step by a shared counter. Speaks the messages of the
 * real one; no core of its own.
 */
final class ModelAgent {
  static final long START_NS = 300_000_000;
  private final World world;
  private final NodeId node;
  private final SharedGroup shared;
  private final long incarnation;
  private final TreeMap<WorkerId, Long> workers = new TreeMap<>();
  private final TreeMap<WorkerId, Boolean> ready = new TreeMap<>();
  private final Host<Message> host;
  private Generation seen = Generation.NONE;
  private java.util.List<WorkerId> members = java.util.List.of();
  private long beats;
  boolean dead;
  boolean mute;
  boolean launchesFail;

  /** Its workers start and never say that they are ready. */
  boolean launchesHang;

  /** Its groups join and never take a step. */
  boolean neverSteps;

  /** Beats, but obeys nothing. */
  boolean deaf;

  /** When the master last renewed its lease. */
  long leasedNs;

  /** What the ranks of all nodes share: the decision word of the newest group. */
  static final class SharedGroup {
    Generation generation = Generation.NONE;
    long committed;
    boolean revoked;
    int members;
    long steps;

    /** How long rank 0 takes after the last step. */
    long evaluationNs;

    final ArrayList<String> commits = new ArrayList<>();
    final TreeMap<WorkerId, Long> holds = new TreeMap<>();
  }

  ModelAgent(World world, NodeId node, SharedGroup shared, long incarnation) {
    this.world = world;
    this.node = node;
    this.shared = shared;
    this.incarnation = incarnation;
    this.host =
        new CoreHost<>(world, PeerId.agent(node), (m, fx) -> handle(m), (from, m) -> m, a -> {});
    world.add(host);
  }

  NodeId node() {
    return node;
  }

  void register(int slots) {
    var reports =
        workers.keySet().stream()
            .map(w ->
                new ToMaster.WorkerReport(
                    w, 100, ready.getOrDefault(w, false), seen, shared.holds.getOrDefault(w, 0L)))
            .toList();
    send(new ToMaster.Register(node, incarnation, "localhost", slots, seen, reports));
  }

  private void send(ToMaster message) {
    if (!dead && !mute) {
      world.send(PeerId.agent(node), PeerId.MASTER, message);
    }
  }

  private void handle(Message message) {
    if (dead || mute) {
      return;
    }
    if (message instanceof ToAgent.Lease) {
      leasedNs = world.nowNs();
    }
    if (deaf) {
      return;
    }
    switch ((ToAgent) message) {
      case ToAgent.Welcome welcome -> beat(welcome.beatNs());
      case ToAgent.Launch launch -> launch(launch.worker());
      case ToAgent.Form form -> form(form);
      case ToAgent.Revoke revoke -> revoke(revoke.generation());
      case ToAgent.Kill kill -> kill(kill.worker());
      case ToAgent.Shutdown shutdown -> new ArrayList<>(workers.keySet()).forEach(this::kill);
      case ToAgent.Lease _,
          ToAgent.SaveEvery _,
          ToAgent.Persist _,
          ToAgent.Salvage _,
          ToAgent.CommitCheckpoint _,
          ToAgent.Copy _,
          ToAgent.Fetch _,
          ToAgent.ListCheckpoints _,
          ToAgent.Lend _,
          ToAgent.DatasetReply _,
          ToAgent.OpenStore _,
          ToAgent.CloseStore _ -> {}
    }
  }

  private void beat(long everyNs) {
    if (!dead) {
      long step = shared.generation.equals(seen) ? shared.committed : -1;
      send(
          new ToMaster.Beat(
              java.util.List.of(
                  new ToMaster.NodeDigest(
                      node, incarnation, ++beats, seen, step, step, 1.0, 1.0))));
      world.after(everyNs, () -> beat(everyNs));
    }
  }

  private void launch(WorkerId worker) {
    workers.put(worker, 0L);
    world.after(
        START_NS,
        () -> {
          if (workers.containsKey(worker) && !dead && !launchesHang) {
            if (launchesFail) {
              workers.remove(worker);
              send(
                  new ToMaster.WorkerExited(
                      worker,
                      Generation.NONE,
                      Exit.code(1),
                      0,
                      0,
                      "java.lang.IllegalStateException: no model"));
            } else {
              ready.put(worker, true);
              send(new ToMaster.WorkerReady(worker, 100, "tokens"));
            }
          }
        });
  }

  private void form(ToAgent.Form form) {
    seen = form.group().generation();
    members = form.group().members().stream().map(m -> m.worker()).toList();
    if (shared.generation.isBefore(seen)) {
      shared.generation = seen;
      shared.revoked = false;
      shared.members = form.group().worldSize();
      shared.committed = form.startStep();
    }
    form.group()
        .on(node)
        .forEach(m ->
            shared.holds.put(
                m.worker(), form.needState().contains(m.rank()) ? -1L : form.startStep()));
    after(seen, 1_000_000, () -> reach(Milestone.JOINED, form));
    after(
        seen,
        2_000_000,
        () -> {
          form.group().on(node).forEach(m -> shared.holds.put(m.worker(), form.startStep()));
          reach(Milestone.RESTORED, form);
        });
    after(
        seen,
        22_000_000,
        () -> {
          if (!neverSteps) {
            step(form);
            reach(Milestone.STEPPED, form);
          }
        });
  }

  private void reach(Milestone milestone, ToAgent.Form form) {
    if (!dead && form.group().on(node).stream().allMatch(m -> workers.containsKey(m.worker()))) {
      send(new ToMaster.Reached(node, form.group().generation(), milestone, shared.committed));
    }
  }

  /**
   * The node of rank 0 advances the counter for all: a step commits only while every member is
   * alive.
   */
  private void step(ToAgent.Form form) {
    if (dead || !form.group().members().getFirst().worker().node().equals(node)) {
      return;
    }
    boolean complete =
        form.group().members().stream().allMatch(m -> shared.holds.containsKey(m.worker()));
    if (complete && shared.committed < shared.steps) {
      shared.committed++;
      shared.commits.add(shared.generation + ":" + shared.committed);
      form.group().members().forEach(m -> shared.holds.put(m.worker(), shared.committed));
    }
    if (shared.committed < shared.steps) {
      after(form.group().generation(), 20_000_000, () -> step(form));
    } else {
      form.group()
          .members()
          .forEach(m ->
              after(
                  shared.generation,
                  m.rank() == 0 ? shared.evaluationNs : 0,
                  () -> finished(m.worker())));
    }
  }

  private void finished(WorkerId worker) {
    world.send(
        PeerId.agent(worker.node()),
        PeerId.MASTER,
        new ToMaster.WorkerFinished(
            worker, shared.generation, shared.committed, 1.5, "abc", java.util.List.of("ok")));
  }

  private void after(Generation generation, long delayNs, Runnable action) {
    world.after(
        delayNs,
        () -> {
          if (!dead && !shared.revoked && shared.generation.equals(generation)) {
            action.run();
          }
        });
  }

  private void revoke(Generation generation) {
    if (shared.generation.equals(generation)) {
      shared.revoked = true;
    }
    var survivors =
        workers.keySet().stream()
            .filter(shared.holds::containsKey)
            .map(w -> new ToMaster.Survivor(w, shared.holds.get(w)))
            .toList();
    send(new ToMaster.Revoked(node, generation, survivors));
  }

  /** SIGKILL of one worker. */
  void kill(WorkerId worker) {
    if (workers.remove(worker) != null) {
      shared.holds.remove(worker);
      boolean member = members.contains(worker);
      send(
          new ToMaster.WorkerExited(
              worker, member ? seen : Generation.NONE, Exit.signal(9), shared.committed, 0, ""));
      if (member) {
        revoke(seen);
      }
    }
  }

  java.util.List<WorkerId> workers() {
    return new ArrayList<>(workers.keySet());
  }

  /** SIGKILL of the agent with all its workers. */
  void die() {
    dead = true;
    workers.keySet().forEach(shared.holds::remove);
    workers.clear();
    world.remove(PeerId.agent(node));
  }
}
