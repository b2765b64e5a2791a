package dev.muster.simulator.cluster;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Member;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.agent.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/** The worker processes of one node: they cost time, and can die or hang. */
final class Processes {
  /** Until the operating system has done what the agent asks. */
  static final long LAUNCH_NS = 50_000;

  private static final long UNWIND_NS = 1_000_000;

  private final SimulatedNode node;
  private final int nodeIndex;
  private final Cluster cluster;
  private final TreeMap<WorkerId, SimulatedWorker> alive = new TreeMap<>();
  private int hung;
  private long pids;

  Processes(SimulatedNode node, int nodeIndex, Cluster cluster) {
    this.node = node;
    this.nodeIndex = nodeIndex;
    this.cluster = cluster;
  }

  /** A registration tells of them. */
  List<ToMaster.Snapshot> census(AgentAction.Look look) {
    return look.purpose() == Reading.Purpose.REGISTER ? node.census() : List.of();
  }

  List<SimulatedWorker> all() {
    return new ArrayList<>(alive.values());
  }

  SimulatedWorker find(WorkerId worker) {
    return alive.get(worker);
  }

  /** The agent tells the master what they hold. */
  void tell(long nowNs) {
    for (var process : alive.values()) {
      if (process.group != null) {
        process.group.tells(node.id(), nowNs);
      }
    }
  }

  boolean anyHung() {
    return hung > 0;
  }

  /** That one of them entered; null when none did. */
  SimulatedGroup newestGroup() {
    SimulatedGroup newest = null;
    for (var process : alive.values()) {
      var group = process.group;
      newest =
          newest == null || group != null && group.generation() > newest.generation()
              ? group
              : newest;
    }
    return newest;
  }

  int membersOf(SimulatedGroup group) {
    return (int) alive.values().stream().filter(process -> process.group == group).count();
  }

  /**
   * Newest step that one of them holds at a time, -1 for none; for many times, as long as nothing
   * happens to them.
   */
  LongUnaryOperator newestStep() {
    var different = new ArrayList<SimulatedWorker>(); // most are members of one group
    for (var process : alive.values()) {
      if (!process.hung && different.stream().noneMatch(process::holdsAs)) {
        different.add(process);
      }
    }
    return atNs -> {
      long newest = -1;
      for (var process : different) {
        newest = Math.max(newest, process.shown(atNs));
      }
      return newest;
    };
  }

  void launch(WorkerId worker) {
    if (node.refusesLaunch()) {
      var refused = new AgentEvent.StartFailed(worker, "no more processes");
      node.later(LAUNCH_NS, () -> node.tell(refused));
      return;
    }
    var process = new SimulatedWorker(worker, ++pids);
    alive.put(worker, process);
    cluster.listener().launched(cluster.nowNs(), nodeIndex);
    node.later(LAUNCH_NS, () -> node.tell(new AgentEvent.WorkerStarted(worker, process.pid)));
    long startNs = (long) (cluster.costs().startNs() * node.startFactor());
    node.later(startNs, () -> ready(process));
  }

  private void ready(SimulatedWorker process) {
    if (lives(process)) {
      process.ready = true;
      cluster.listener().ready(cluster.nowNs(), nodeIndex);
      node.tell(new AgentEvent.Connected(process.id));
      node.tell(
          new AgentEvent.Said(
              process.id, new FromWorker.Ready("steps", state(), node.id() + ":" + process.pid)));
    }
  }

  private String state() {
    return cluster.saving().sharded() ? FromWorker.Ready.SHARDED : FromWorker.Ready.REPLICATED;
  }

  /** Whether others could have its state. */
  private boolean holds(SimulatedWorker process) {
    return !process.hung && process.applied(cluster.nowNs()) >= 0;
  }

  private boolean lives(SimulatedWorker process) {
    return alive.get(process.id) == process && !process.hung;
  }

  void tell(WorkerId worker, ToWorker message) {
    var process = alive.get(worker);
    if (process == null || process.hung) {
      return; // nobody reads it
    }
    if (message instanceof ToWorker.Form form) {
      enter(process, form);
    } else if (message instanceof ToWorker.SaveEvery order) {
      process.saveEvery(order);
    } else if (message instanceof ToWorker.Stop) {
      node.later(UNWIND_NS, () -> end(worker, Exit.code(0)));
    }
  }

  private void enter(SimulatedWorker process, ToWorker.Form form) {
    var group = cluster.groups().of(form.generation());
    if (group == null) {
      return; // read late, of a group long over: the process waits for ranks that never come
    }
    boolean holdsState = !group.fromCheckpoint() && !form.needState().contains(form.rank());
    long from = process.condition();
    boolean held = holds(process);
    process.leave(cluster.nowNs());
    process.enter(group, holdsState);
    process.part = holdsState ? process.part : null;
    process.ordered(form);
    cluster
        .listener()
        .entered(cluster.nowNs(), nodeIndex, 1, from, group.generation(), held, holdsState);
    group.enter(node, process);
    cluster.groups().entered(group);
  }

  /** Whether all its members here are alive, and the others are spares. */
  boolean areWholly(SimulatedGroup group) {
    int members = 0;
    for (var process : alive.values()) {
      if (process.group == group) {
        members++;
      } else if (process.condition() != ClusterListener.SPARE) {
        return false;
      }
    }
    return hung == 0 && members > 0 && members == group.form().group().on(node.id()).size();
  }

  /** They entered the group some time ago, as was computed. */
  List<SimulatedWorker> moved(List<Member> members, SimulatedGroup into) {
    var moved = members.stream().map(member -> alive.get(member.worker())).toList();
    moved.forEach(process -> process.enter(into, !into.fromCheckpoint()));
    return moved;
  }

  void revoke(AgentAction.RevokeGroup order, long nowNs) {
    long generation = order.group().generation();
    var group = group(generation);
    cluster.listener().revoked(nowNs, nodeIndex, generation);
    if (group != null) {
      group.revoke(nowNs);
    }
    long committed = group == null ? order.group().startStep() : group.committed(node.id(), nowNs);
    boolean inDoubt = group != null && group.inDoubt(node.id());
    node.later(
        LAUNCH_NS,
        () ->
            node.tell(new AgentEvent.GroupRevoked(generation, committed, node.census(), inDoubt)));
    if (group != null) {
      node.later(UNWIND_NS, () -> left(group));
    }
  }

  /** One that the world has forgotten is remembered by its members. */
  private SimulatedGroup group(long generation) {
    for (var process : alive.values()) {
      if (process.group != null && process.group.generation() == generation) {
        return process.group;
      }
    }
    return cluster.groups().of(generation);
  }

  private void left(SimulatedGroup group) {
    long nowNs = cluster.nowNs();
    for (var process : all()) {
      if (process.group == group && lives(process)) {
        var left = new FromWorker.Left(group.generation(), process.applied(nowNs));
        node.tell(new AgentEvent.Said(process.id, left));
      }
    }
  }

  /** The process is gone; the operating system tells the agent a moment later. */
  void end(WorkerId worker, Exit exit) {
    var process = alive.get(worker);
    if (process == null) {
      return;
    }
    if (process.group != null) {
      node.learnPace(); // what its agent has seen of it nobody can look up afterwards
    }
    long applied = process.applied(cluster.nowNs());
    vanish(process);
    node.later(
        cluster.costs().noticeNs(),
        () -> {
          node.tell(new AgentEvent.Disconnected(worker, "end of file"));
          node.tell(new AgentEvent.WorkerEnded(worker, exit, node.clockNs(), applied));
        });
  }

  void endAll(Exit exit) {
    all().forEach(process -> end(process.id, exit));
  }

  /** All are gone without a word: their host is. */
  void vanishAll() {
    all().forEach(this::vanish);
  }

  private void vanish(SimulatedWorker process) {
    alive.remove(process.id);
    boolean held = holds(process);
    process.gone = true;
    stall(process);
    if (process.hung) {
      hung--;
      cluster.listener().hangs(cluster.nowNs(), process.id, false);
    }
    if (process.group != null) {
      process.group.lose();
    }
    cluster.listener().ended(cluster.nowNs(), nodeIndex, process.condition(), held);
  }

  void hang(SimulatedWorker process) {
    boolean held = holds(process);
    process.hung = true;
    hung++;
    stall(process);
    cluster.listener().hangs(cluster.nowNs(), process.id, true);
    cluster.listener().hung(cluster.nowNs(), nodeIndex, process.condition(), held);
  }

  private void stall(SimulatedWorker process) {
    if (process.group != null) {
      process.group.stall(process.id, cluster.nowNs());
    }
  }
}
