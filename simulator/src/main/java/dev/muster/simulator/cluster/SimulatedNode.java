package dev.muster.simulator.cluster;

import dev.muster.protocol.Exit;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.simulator.Host;
import dev.muster.simulator.World;
import dev.muster.worker.agent.Agent;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.agent.AgentSettings;
import dev.muster.worker.agent.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** One host: the production agent core, and processes that cost time and can die. */
final class SimulatedNode {
  private static final long LOOK_NS = 50_000;
  private static final long UNWIND_NS = 1_000_000;
  private static final long CONNECT_NS = 1_000_000;
  private static final long RECONNECT_NS = 60_000_000_000L;

  private final World world;
  private final Cluster cluster;
  private final int index;
  private final NodeId id;
  private final int slots;
  private final TreeMap<WorkerId, SimulatedWorker> workers = new TreeMap<>();
  private Host<AgentEvent> agent; // null while the host is down
  private long incarnation;
  private long leaseDeadlineNs;
  private long pids;
  private double clockRate = 1;
  private double speed = 1; // of its processors; below 1 the whole group waits for it
  private double startFactor = 1;
  private boolean refusesLaunch;

  SimulatedNode(World world, Cluster cluster, int index, int slots) {
    this.world = world;
    this.cluster = cluster;
    this.index = index;
    this.id = new NodeId("n" + index);
    this.slots = slots;
  }

  NodeId id() {
    return id;
  }

  boolean up() {
    return agent != null;
  }

  List<SimulatedWorker> workers() {
    return new ArrayList<>(workers.values());
  }

  boolean leased() {
    return world.nowNs() < leaseDeadlineNs;
  }

  // ---- life of the host

  void boot() {
    if (up()) {
      return;
    }
    incarnation++;
    cluster.listener().hostUp(world.nowNs(), index);
    var core = new Agent(new AgentSettings(id, incarnation, id.name(), slots, RECONNECT_NS));
    agent = cluster.hosts().host(PeerId.agent(id), core, this::inbound, this::perform);
    agent.clock(0, clockRate);
    world.add(agent);
    agent.on(new AgentEvent.Started());
    connect();
  }

  /** Its processes are gone with it. */
  void down() {
    if (up()) {
      new ArrayList<>(workers.values()).forEach(this::vanish);
      cluster.listener().hostDown(world.nowNs(), index);
      world.remove(PeerId.agent(id));
      agent = null;
    }
  }

  /** Also when it is up. */
  void reboot() {
    down();
    boot();
  }

  void connect() {
    later(
        CONNECT_NS,
        () -> {
          if (cluster.reaches(id)) {
            agent.on(new AgentEvent.LinkUp());
          }
        });
  }

  void disconnect(String reason) {
    later(CONNECT_NS, () -> agent.on(new AgentEvent.LinkDown(reason)));
  }

  void pause() {
    if (up()) {
      agent.pause();
    }
  }

  void resume() {
    if (up()) {
      agent.resume();
    }
  }

  /** As the agent after a SIGTERM: it tells the master and ends in good order. */
  void leave(String reason) {
    if (up()) {
      agent.on(new AgentEvent.StopRequested(reason));
    }
  }

  /** The host's clock; the rate outlives a reboot. */
  void clock(long stepNs, double rate) {
    clockRate = rate;
    if (up()) {
      agent.clock(stepNs, rate);
    }
  }

  double speed() {
    return speed;
  }

  void speed(double next) {
    speed = next;
  }

  void startFactor(double factor) {
    startFactor = factor;
  }

  void refuseLaunch(boolean refuses) {
    refusesLaunch = refuses;
  }

  private AgentEvent inbound(PeerId from, Message message) {
    if (message instanceof ToAgent.Form form) {
      cluster.opened(form);
    }
    return new AgentEvent.Ordered((ToAgent) message);
  }

  /** Nothing of a host that went down meanwhile. */
  private void later(long delayNs, Runnable action) {
    long of = incarnation;
    world.after(
        delayNs,
        () -> {
          if (up() && incarnation == of) {
            action.run();
          }
        });
  }

  // ---- what the agent does

  private void perform(Effects.Action action) {
    switch ((AgentAction) action) {
      case AgentAction.LaunchProcess launch -> launch(launch.worker());
      case AgentAction.Signal(var worker, var kind) ->
          end(worker, Exit.signal(kind == AgentAction.Signal.Kind.KILL ? 9 : 15));
      case AgentAction.Tell(var worker, var message) -> tell(worker, message);
      case AgentAction.RevokeGroup revoke -> revoke(revoke);
      case AgentAction.RenewLease(var deadlineNs) -> lease(deadlineNs);
      case AgentAction.Look look -> look(look);
      case AgentAction.Exit _ -> world.after(0, this::down);
      case AgentAction.OpenGroup _, AgentAction.RemoveGroup _, AgentAction.ArmFaults _ -> {}
    }
  }

  private void launch(WorkerId worker) {
    if (refusesLaunch) {
      later(LOOK_NS, () -> agent.on(new AgentEvent.StartFailed(worker, "no more processes")));
      return;
    }
    var process = new SimulatedWorker(worker, ++pids);
    workers.put(worker, process);
    cluster.listener().launched(world.nowNs(), index);
    later(LOOK_NS, () -> agent.on(new AgentEvent.WorkerStarted(worker, process.pid)));
    later(
        (long) (cluster.costs().startNs() * startFactor),
        () -> {
          if (workers.get(worker) == process) {
            process.ready = true;
            cluster.listener().ready(world.nowNs(), index);
            agent.on(new AgentEvent.Connected(worker));
            say(process, new FromWorker.Ready("steps"));
          }
        });
  }

  private void tell(WorkerId worker, ToWorker message) {
    var process = workers.get(worker);
    if (process != null && message instanceof ToWorker.Form form) {
      enter(process, form);
    } else if (process != null && message instanceof ToWorker.Stop && !process.hung) {
      later(UNWIND_NS, () -> end(worker, Exit.code(0)));
    }
  }

  private void enter(SimulatedWorker process, ToWorker.Form form) {
    var group = cluster.group(form.generation());
    boolean holdsState = !group.fromCheckpoint() && !form.needState().contains(form.rank());
    long from = process.condition();
    process.enter(group, holdsState);
    cluster.listener().entered(world.nowNs(), index, 1, from, group.generation(), holdsState);
    later(
        cluster.costs().joinNs(form.worldSize()),
        () -> {
          boolean there = workers.get(process.id) == process && !process.hung;
          if (there && !group.ended() && group.join(process.id)) {
            cluster.complete(group);
          }
        });
  }

  private void revoke(AgentAction.RevokeGroup order) {
    long generation = order.group().generation();
    var group = cluster.group(generation);
    cluster.listener().revoked(world.nowNs(), index, generation);
    long committed = group == null ? order.group().startStep() : group.committed(world.nowNs());
    if (group != null) {
      group.revoke(world.nowNs());
    }
    later(LOOK_NS, () -> agent.on(new AgentEvent.GroupRevoked(generation, committed)));
    for (var process : workers()) {
      if (group != null && process.group == group) {
        say(UNWIND_NS, process, new FromWorker.Left(generation, process.applied(world.nowNs())));
      }
    }
  }

  /** Workers look at the deadline themselves, also when their agent is frozen. */
  private void lease(long deadlineNs) {
    long leftNs = Math.max(0, agent.untilNs(deadlineNs)); // the deadline is one of its own clock
    leaseDeadlineNs = world.nowNs() + leftNs;
    later(
        leftNs,
        () -> {
          if (!leased()) {
            workers().forEach(process -> end(process.id, Exit.code(1)));
          }
        });
  }

  private void look(AgentAction.Look look) {
    later(
        LOOK_NS,
        () -> {
          var readings =
              look.workers().stream()
                  .filter(workers::containsKey)
                  .map(worker -> reading(workers.get(worker)))
                  .toList();
          agent.on(new AgentEvent.Looked(look.purpose(), readings, arrivals(look.workers())));
        });
  }

  private Reading reading(SimulatedWorker process) {
    long nowNs = world.nowNs();
    var group = process.group;
    long applied = process.applied(nowNs);
    boolean training = group != null && group.restored(nowNs);
    return new Reading(
        process.id,
        group == null ? 0 : group.generation(),
        applied,
        applied + 1,
        phase(process, training),
        training ? applied + 1 : 0,
        1.0,
        1.0,
        cluster.costs().stepNs(),
        0,
        false);
  }

  private static Phase phase(SimulatedWorker process, boolean training) {
    if (process.group == null || process.group.revoked()) {
      return Phase.IDLE;
    }
    if (!training) {
      return process.group.complete() ? Phase.RESTORING : Phase.JOINING;
    }
    boolean waits = process.group.ended() && !process.group.stalledBy(process.id);
    return waits ? Phase.WAITING : Phase.COMPUTING;
  }

  /** One synchronisation point a step; whoever holds up the others is one behind. */
  private List<Long> arrivals(List<WorkerId> of) {
    var group =
        of.stream()
            .filter(workers::containsKey)
            .map(worker -> workers.get(worker).group)
            .filter(g -> g != null && g.restored(world.nowNs()))
            .findFirst();
    return group
        .map(g ->
            g.form().group().members().stream()
                .map(m ->
                    g.committed(world.nowNs()) + (g.ended() && !g.stalledBy(m.worker()) ? 1 : 0))
                .toList())
        .orElse(List.of());
  }

  // ---- processes

  /** A message of a worker, unless it is gone or hangs by then. */
  void say(SimulatedWorker process, FromWorker message) {
    say(0, process, message);
  }

  private void say(long delayNs, SimulatedWorker process, FromWorker message) {
    later(
        delayNs,
        () -> {
          if (workers.get(process.id) == process && !process.hung) {
            agent.on(new AgentEvent.Said(process.id, message));
          }
        });
  }

  /** The process is gone; the operating system tells the agent a moment later. */
  void end(WorkerId worker, Exit exit) {
    var process = workers.get(worker);
    if (process == null) {
      return;
    }
    long applied = process.applied(world.nowNs());
    vanish(process);
    later(
        cluster.costs().noticeNs(),
        () -> {
          agent.on(new AgentEvent.Disconnected(worker, "end of file"));
          agent.on(new AgentEvent.WorkerEnded(worker, exit, agent.clockNs(), applied));
        });
  }

  private void vanish(SimulatedWorker process) {
    workers.remove(process.id);
    if (process.group != null) {
      process.group.stall(process.id, world.nowNs());
      process.group.lose();
    }
    cluster.listener().ended(world.nowNs(), index, process.condition(), process.hung);
  }

  void hang(SimulatedWorker process) {
    process.hung = true;
    if (process.group != null) {
      process.group.stall(process.id, world.nowNs());
    }
    cluster.listener().hung(world.nowNs(), index, process.condition());
  }
}
