package dev.muster.simulator.cluster;

import dev.muster.master.health.LastHeard;
import dev.muster.protocol.Exit;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.simulator.Host;
import dev.muster.simulator.World;
import dev.muster.simulator.checkpoint.HostMemory;
import dev.muster.worker.agent.Agent;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.agent.AgentSettings;
import dev.muster.worker.agent.Reading;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongUnaryOperator;

/**
 * One host: the production agent core, and processes that cost time and can die.
 *
 * <pre>
 *   down -> up (connects) -> calm (its first lease is acknowledged) -> up (something happens to it) ...
 * </pre>
 *
 * While it is calm, its beats are computed instead of played: {@link CalmAgent}.
 */
final class SimulatedNode implements World.Computed, LastHeard.OfNode {
  /** Until a look at the workers of a host is answered. */
  static final long LOOK_NS = 50_000;

  /** Rare ways on which an agent answers otherwise than is computed. */
  private static final Set<Buggify> SAYS_MORE =
      EnumSet.of(Buggify.REPORT_TWICE, Buggify.MILESTONES_AGAIN, Buggify.STEP_IN_DOUBT);

  private static final long CONNECT_NS = 1_000_000;
  private static final long RESTART_NS = 5_000_000_000L;
  private static final long RECONNECT_NS = 60_000_000_000L;

  private final World world;
  private final Cluster cluster;
  private final int index;
  private final NodeId id;
  private final PeerId peer;
  private final World.Link link;
  private final int slots;
  private final Processes processes;
  private final boolean repeatsItself;
  private final HostMemory memory = new HostMemory();
  private final Arrivals arrivals;
  private final Errands errands;
  private Host<AgentEvent> agent; // null while the host is down
  private CalmAgent elided;
  private boolean calm;
  private long incarnation;
  private long leaseDeadlineNs; // by the world's clock
  private long leaseNs; // the same by the agent's
  private Runnable lookAtIt = () -> {}; // of the master, once it is not calm any more
  private long watchedUntilNs;
  private SimulatedGroup watchedIn; // as long as it is in this one; null: in none
  private double clockRate = 1;
  private boolean clockIsOff;
  private double speed = 1; // of its processors; below 1 the whole group waits for it
  private double startFactor = 1;
  private boolean refusesLaunch;
  private boolean leaving;

  SimulatedNode(World world, Cluster cluster, int index, int slots) {
    this.world = world;
    this.cluster = cluster;
    this.index = index;
    this.id = new NodeId("n" + index);
    this.peer = PeerId.agent(id);
    this.slots = slots;
    this.link = world.link(peer, this);
    this.repeatsItself = world.buggifier().inForce(SAYS_MORE);
    this.processes = new Processes(this, index, cluster);
    this.arrivals = new Arrivals(this, memory);
    this.errands = new Errands(this, cluster, memory, arrivals);
  }

  NodeId id() {
    return id;
  }

  int index() {
    return index;
  }

  PeerId peer() {
    return peer;
  }

  boolean up() {
    return agent != null;
  }

  /** Call it anew after every event: it is up to date now. */
  Processes processes() {
    settle();
    return processes;
  }

  boolean leased() {
    return calm || world.nowNs() < leaseDeadlineNs;
  }

  // ---- life of the host

  void boot() {
    if (up()) {
      return;
    }
    cluster.disturbed();
    incarnation++;
    cluster.listener().hostUp(world.nowNs(), index);
    var core = new Agent(settings());
    elided = new CalmAgent(core, this, cluster.regrouping());
    leaving = false;
    agent = cluster.hosts().host(peer, elided, this::inbound, this::perform);
    agent.heard(note -> {}); // operators read those of the master
    world.add(agent);
    clockIsOff = clockRate != 1;
    agent.clock(0, clockRate);
    tell(new AgentEvent.Started());
    connect();
  }

  private AgentSettings settings() {
    boolean saves = cluster.saving().on();
    return new AgentSettings(
        id,
        incarnation,
        id.name(),
        slots,
        RECONNECT_NS,
        saves ? id + ":1" : "",
        saves ? cluster.domains(index) : List.of(),
        id.name());
  }

  /** The host is gone, and what was in its memory. */
  void down() {
    memory.clear();
    cluster.groups().hostLost(this);
    endAgent();
  }

  /** Its processes are gone with it. */
  void endAgent() {
    if (up()) {
      disturb();
      processes.vanishAll();
      errands.drop();
      arrivals.drop();
      memory.unpinAll();
      cluster.listener().hostDown(world.nowNs(), index);
      world.remove(peer);
      agent = null;
    }
  }

  /** Also when it is up. */
  void reboot() {
    down();
    boot();
  }

  /** As the agent after a SIGTERM: it tells the master and ends in good order. */
  void leave(String reason) {
    if (up()) {
      disturb();
      leaving = true;
      tell(new AgentEvent.StopRequested(reason));
    }
  }

  /** The host's clock; the rate outlives a reboot. */
  void clock(long stepNs, double rate) {
    clockRate = rate;
    if (up()) {
      disturb();
      clockIsOff = true;
      agent.clock(stepNs, rate);
    }
  }

  long clockNs() {
    return agent.clockNs();
  }

  double speed() {
    return speed;
  }

  void speed(double next) {
    speed = next;
  }

  double startFactor() {
    return startFactor;
  }

  void startFactor(double factor) {
    startFactor = factor;
  }

  boolean refusesLaunch() {
    return refusesLaunch;
  }

  void refuseLaunch(boolean refuses) {
    refusesLaunch = refuses;
  }

  void connect() {
    later(
        CONNECT_NS,
        () -> {
          if (cluster.reaches(this)) {
            settle();
            world.relink(peer);
            tell(new AgentEvent.LinkUp());
          }
        });
  }

  void disconnect(String reason) {
    later(
        CONNECT_NS,
        () -> {
          disturb();
          tell(new AgentEvent.LinkDown(reason));
        });
  }

  void pause() {
    if (up()) {
      disturb();
      agent.pause();
    }
  }

  void resume() {
    if (up()) {
      agent.resume();
    }
  }

  // ---- snapshots

  HostMemory memory() {
    return memory;
  }

  Arrivals arrivals() {
    return arrivals;
  }

  long incarnation() {
    return incarnation;
  }

  /** Whether its agent answers other agents: they share a network with the master. */
  boolean reachable() {
    return up() && !agent.paused() && !world.isCut(peer);
  }

  /** What is in its memory, as the agent tells the master. */
  List<ToMaster.Snapshot> census() {
    var census = memory.census();
    if (cluster.saving().on()) {
      cluster.listener().counted(world.nowNs(), index, census);
    }
    return census;
  }

  // ---- calm

  /** Whether its beats need not be played: nothing can come of them. */
  boolean calm() {
    return calm;
  }

  /** Whether its looks for hangs have to be played. */
  boolean watched() {
    return !cluster.elides()
        || processes.anyHung()
        || world.nowNs() < watchedUntilNs
        || watchedIn != null && watchedIn == processes.newestGroup();
  }

  /** From now on looks are played, until {@code untilNs} at least. */
  void watch(long untilNs) {
    settle();
    watchedUntilNs = Math.max(watchedUntilNs, untilNs);
    if (up()) {
      agent.inside(elided::watch);
    }
  }

  /** Its group makes steps of this duration from now on. */
  void paced(long stepNs) {
    if (up()) {
      elided.paced(stepNs);
    }
  }

  /** From now on looks are played, as long as it is in this group. */
  void watchIn(SimulatedGroup group) {
    if (up() && isIn(group)) {
      settle();
      watchedIn = group;
      watch(0);
    }
  }

  /** All its beats by now have been played. */
  void playBeats() {
    if (calm) {
      agent.inside(elided::playBeats);
    }
  }

  /** While it is calm no beat is missing. */
  @Override
  public boolean isRegular(Runnable look) {
    lookAtIt = look;
    return calm;
  }

  /** Call before anything happens to this node: from now on its beats are played. */
  void disturb() {
    cluster.disturbed();
    if (calm) {
      settle();
      playBeats();
      calm = false;
      lookAtIt.run();
      endWithLease();
      agent.inside(elided::wake);
    }
  }

  /** When its newest beat reached the master, played or not. */
  @Override
  public long lastHeardNs(long recordedNs) {
    long readNs = lastReadNs();
    return readNs < 0 ? recordedNs : Math.max(recordedNs, arrivalAtMasterNs(readNs));
  }

  /** Every beat is answered with a lease. */
  @Override
  public long leasedNs(long recordedNs) {
    return lastHeardNs(recordedNs);
  }

  @Override
  public long lastUpNs(long atNs) {
    return calm ? elided.lastUpNs(atNs) : -1;
  }

  @Override
  public long lastDownNs(long atNs) {
    return calm ? elided.lastDownNs(atNs) : -1;
  }

  @Override
  public boolean takes(Message message, long arrivalNs) {
    return calm && elided.following().takes(message, arrivalNs);
  }

  /** When the agent looked at its workers for that beat; -1 while all are played. */
  long lastReadNs() {
    return calm ? elided.lastReadNs(world.nowNs()) : -1;
  }

  /** The beat of that look, as far as the master goes by it. */
  ToMaster.Beat beat(SimulatedGroup group, long readNs) {
    long step = group.committed(readNs);
    var generation = group.form().group().generation();
    return new ToMaster.Beat(
        List.of(new ToMaster.NodeDigest(id, incarnation, 0, generation, step, step, 1.0, 1.0)));
  }

  long arrivalAtMasterNs(long sentNs) {
    return link.upNs(sentNs);
  }

  /** Whether the master has it by now, without asking when. */
  boolean isSurelyAtMaster(long sentNs) {
    return link.isSurelyUp(sentNs);
  }

  long arrivalAtNodeNs(long sentNs) {
    return link.downNs(sentNs);
  }

  /** A beat that was computed: it, or the answer to it, is on its way after all. */
  void sent(ToMaster beat, long arrivalNs) {
    if (arrivalNs > world.nowNs()) {
      world.sent(peer, PeerId.MASTER, beat, arrivalNs);
    } else {
      long answerNs = arrivalAtNodeNs(arrivalNs);
      masterHears(beat, arrivalNs)
          .forEach(answer -> world.sent(PeerId.MASTER, peer, answer, answerNs));
    }
  }

  /** What the master answers to a beat that was not played. */
  List<Message> masterHears(ToMaster beat, long atNs) {
    return cluster.masterHears(id, beat, atNs);
  }

  /** The newest that one of its workers entered; null when none did. */
  SimulatedGroup group() {
    return processes.newestGroup();
  }

  int membersOf(SimulatedGroup group) {
    return processes.membersOf(group);
  }

  /** How far its members have come at a time, as their control pages told. */
  LongUnaryOperator progress() {
    return processes.newestStep();
  }

  /** As {@link #looked}, when all went well: nobody asks who waits for whom. */
  AgentEvent.Looked lookedBack(AgentAction.Look look, long atNs) {
    return ControlPages.lookedBack(processes, look, atNs);
  }

  AgentEvent.Looked looked(AgentAction.Look look, long atNs) {
    if (look.purpose() == Reading.Purpose.REGISTER) {
      processes.tell(atNs);
    }
    return ControlPages.looked(processes, look, atNs);
  }

  // ---- following others into their next group

  Following following() {
    return elided.following();
  }

  /** Whether the agent obeys and answers, and does nothing else. */
  boolean follows() {
    return calm
        && !leaving
        && !watched()
        && elided.parked()
        && !repeatsItself
        && cluster.costs().serviceNs() == 0;
  }

  /** Whether its hang detector remembers steps of the present duration only. */
  boolean knowsPace() {
    return elided.knowsPace();
  }

  /** What its agent has seen of the steps so far. */
  void learnPace() {
    agent.inside(elided::learnPace);
  }

  /** How many durations of the present pace the former group of this turn has shown, at least. */
  int taughtBy(Turn turn) {
    return taughtBy(turn.former(), turn.members().size());
  }

  private int taughtBy(SimulatedGroup group, int members) {
    return elided.taughtBy(group, members, !elided.following().unsettled());
  }

  boolean isEnough(int taught, Turn turn) {
    return Durations.isEnough(taught, turn.members().size());
  }

  /** Whether this group alone has shown enough of them. */
  boolean isEnough(SimulatedGroup group) {
    int members = group.form().group().on(id).size();
    return Durations.isEnough(taughtBy(group, members), members);
  }

  /** It will learn them later; whether that is enough. */
  boolean promise(int taught, Turn turn) {
    return elided.promise(taught, turn.members().size());
  }

  /** Its agent knows all that has happened, from now on. */
  void settle() {
    if (up() && elided.following().unsettled()) {
      agent.inside(elided::settle);
    }
  }

  Groups groups() {
    return cluster.groups();
  }

  /** Whether some of its workers are members. */
  boolean isIn(SimulatedGroup group) {
    var following = elided.following();
    return following.unsettled() ? following.group() == group : processes.membersOf(group) > 0;
  }

  boolean isWhollyIn(SimulatedGroup group) {
    return processes.areWholly(group);
  }

  List<SimulatedWorker> moved(List<Member> members, SimulatedGroup into) {
    return processes.moved(members, into);
  }

  void tellRevoked(long generation) {
    cluster.listener().revoked(world.nowNs(), index, generation);
  }

  /** Members of one group entered the next, with its state if that was complete. */
  void tellEntered(int workers, SimulatedGroup from, SimulatedGroup to) {
    cluster
        .listener()
        .entered(
            world.nowNs(),
            index,
            workers,
            from.generation(),
            to.generation(),
            !from.fromCheckpoint() || from.restored(world.nowNs()),
            !to.fromCheckpoint());
  }

  /** When a message to the master arrives that is sent then. */
  long nextArrivalNs(long sentNs) {
    return link.arrivalAtMasterNs(sentNs);
  }

  /** When the last message that it sent arrives at the master, or has. */
  long lastArrivalNs() {
    return link.lastArrivalAtMasterNs();
  }

  /** An order that was computed is on its way after all. */
  void receiveAt(long arrivalNs, ToAgent order) {
    world.sent(PeerId.MASTER, peer, order, arrivalNs);
  }

  long nowNs() {
    return world.nowNs();
  }

  // ---- what the agent hears and does

  private AgentEvent inbound(PeerId from, Message message) {
    if (message instanceof ToAgent.Form form) {
      cluster.groups().opened(form);
    } else if (message instanceof ToAgent.Lease) {
      calm = calm || becomesCalm(); // the master knows it and answers
    }
    return new AgentEvent.Ordered((ToAgent) message);
  }

  private boolean becomesCalm() {
    return cluster.elides()
        && cluster.masterAnswers()
        && !agent.paused()
        && !clockIsOff
        && world.isGood(peer);
  }

  void tell(AgentEvent event) {
    agent.on(event);
  }

  /** Nothing of a host that went down meanwhile. */
  void later(long delayNs, Runnable action) {
    long of = incarnation;
    world.after(
        delayNs,
        () -> {
          if (up() && incarnation == of) {
            action.run();
          }
        });
  }

  void perform(Effects.Action action) {
    switch ((AgentAction) action) {
      case AgentAction.LaunchProcess launch -> {
        checkLease(launch);
        processes.launch(launch.worker());
      }
      case AgentAction.Signal(var worker, var kind) ->
          processes.end(worker, Exit.signal(kind == AgentAction.Signal.Kind.KILL ? 9 : 15));
      case AgentAction.Tell(var worker, var message) -> {
        if (message instanceof ToWorker.Form) {
          checkLease(message);
        }
        processes.tell(worker, message);
      }
      case AgentAction.RevokeGroup revoke -> processes.revoke(revoke, world.nowNs());
      case AgentAction.RenewLease(var deadlineNs) -> renewed(deadlineNs);
      case AgentAction.Look look -> look(look, world.nowNs());
      case AgentAction.Exit(var code, var _) -> world.after(0, () -> exited(code));
      case AgentAction.OpenGroup _,
          AgentAction.RemoveGroup _,
          AgentAction.ArmFaults _,
          AgentAction.OpenStore _,
          AgentAction.CloseStore _,
          AgentAction.LookAtStore _ -> {} // drills train; CommandJobTest plays plain commands
      case AgentAction.Persist _,
          AgentAction.Salvage _,
          AgentAction.CommitCheckpoint _,
          AgentAction.ListCheckpoints _,
          AgentAction.SweepSnapshots _,
          AgentAction.Push _,
          AgentAction.FetchSnapshots _,
          AgentAction.SweepCopies _ ->
          errands.perform((AgentAction) action);
    }
  }

  /**
   * An agent that ends in order takes its snapshots along. One that gives up is started again, as
   * every service manager does.
   */
  private void exited(int code) {
    down();
    if (code != 0) {
      world.after(RESTART_NS, this::boot);
    }
  }

  void look(AgentAction.Look look, long askedNs) {
    later(askedNs + LOOK_NS - world.nowNs(), () -> tell(looked(look, world.nowNs())));
  }

  /** By the clock that the agent itself goes by. */
  private void checkLease(Object order) {
    if (!calm && agent.untilNs(leaseNs) <= 0) {
      cluster.listener().unleased(world.nowNs(), index, order.getClass().getSimpleName());
    }
  }

  private void renewed(long deadlineNs) {
    leaseNs = deadlineNs;
    long leftNs = Math.max(0, agent.untilNs(deadlineNs)); // the deadline is one of its own clock
    leaseDeadlineNs = world.nowNs() + leftNs;
    if (!calm) {
      endWithLease();
    }
  }

  /** Workers look at the deadline themselves, also when their agent is frozen. */
  private void endWithLease() {
    later(
        Math.max(0, leaseDeadlineNs - world.nowNs()),
        () -> {
          if (!leased()) {
            processes.endAll(Exit.FENCED);
          }
        });
  }

  /** A member stops stepping without ending. */
  void hang(SimulatedWorker process) {
    watch(0);
    processes.hang(process);
  }
}
