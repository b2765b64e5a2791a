package dev.muster.simulator.cluster;

import dev.muster.master.job.Job;
import dev.muster.master.job.JobAction;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.protocol.Exit;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RecurringMap;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.Result;
import dev.muster.simulator.Host;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.LinkQuality;
import dev.muster.simulator.World;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.checkpoint.SharedStorage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A master and its nodes in virtual time: the production cores of both, on modelled hosts. What the
 * world does to them are the methods named after faults.
 */
public final class Cluster {
  private static final int NEVER_RESTART = 93;
  private static final long BREAK_NS = 1_000_000; // until the other end of a closed link knows

  private final World world;
  private final Hosts hosts;
  private final JobConfig config;
  private final Costs costs;
  private final Saving saving;
  private final SharedStorage storage = new SharedStorage();
  private final ClusterListener listener;
  private final boolean elides;
  private final Consumer<String> violations;
  private final List<SimulatedNode> nodes;
  private final RecurringMap<NodeId, SimulatedNode> byId = new RecurringMap<>();
  private final HashMap<PeerId, NodeId> byPeer = new HashMap<>();
  private final Groups groups;
  private final Answers answers;
  private final Regrouping regrouping;
  private SimulatedGroup lastTold; // its last step is known to the master
  private Host<JobEvent> master;
  private CalmMaster elided;
  private long incarnation;
  private IntFunction<List<String>> domains = node -> List.of();
  private boolean killsMaster = true;
  private boolean masterUp;
  private long restlessUntilNs;
  private Result result; // null while the job goes on

  /**
   * @param hosts makes the processes of {@code world}
   * @param saving checkpoints that the job makes itself; then no beat is computed
   * @param elides beats are computed as long as nothing can come of them; else every one is played
   * @param violations told of every broken invariant, in words
   */
  public Cluster(
      World world,
      Hosts hosts,
      JobConfig config,
      Costs costs,
      CheckpointModel checkpoints,
      Saving saving,
      int nodes,
      int slots,
      ClusterListener listener,
      boolean elides,
      Consumer<String> violations) {
    this.world = world;
    this.hosts = hosts;
    this.config = config;
    this.costs = costs;
    this.answers = new Answers(world, this);
    this.regrouping = new Regrouping(world, answers);
    this.saving = saving;
    this.groups =
        new Groups(world, costs, checkpoints, saving, storage, config.job(), regrouping, listener);
    this.listener = listener;
    this.elides = elides && !saving.on();
    this.violations = violations;
    this.nodes =
        IntStream.range(0, nodes).mapToObj(n -> new SimulatedNode(world, this, n, slots)).toList();
    for (var node : this.nodes) {
      byId.put(node.id(), node);
      byPeer.put(node.peer(), node.id());
    }
    world.whenSilent(peer -> silent(node(byPeer.get(peer))));
  }

  private void silent(SimulatedNode node) {
    if (node.up() && masterUp) {
      node.disturb();
      reconnect(node);
    }
  }

  /** Call before it starts: {@link #killMaster} will not be called, so no journal is kept. */
  public void neverKillMaster() {
    killsMaster = false;
  }

  /** Call before it starts: what each node fails together with, outermost first. */
  public void domains(IntFunction<List<String>> ofNode) {
    domains = ofNode;
  }

  List<String> domains(int node) {
    return domains.apply(node);
  }

  public void start() {
    disturbed();
    master(new Job(config, this::node), List.of(), new JobEvent.Started(1, false, 0));
    nodes.forEach(SimulatedNode::boot);
  }

  private void master(Job core, List<Object> journal, JobEvent.Started started) {
    incarnation = started.incarnation();
    lastTold = null;
    elided = new CalmMaster(core, this);
    master =
        hosts.<JobEvent>host(
            PeerId.MASTER,
            elided,
            (from, m) -> new JobEvent.FromAgent(byPeer.get(from), (ToMaster) m),
            this::perform);
    master.heard(observation -> listener.noted(world.nowNs(), observation));
    world.add(master);
    listener.master(world.nowNs(), true);
    master.service(message -> message instanceof ToMaster.Beat ? 0 : costs.serviceNs());
    if (!killsMaster) {
      master.neverResumed();
    }
    master.journal().addAll(journal);
    masterUp = true;
    master.on(started);
  }

  private void perform(Effects.Action action) {
    if (action instanceof JobAction.Finish finish) {
      result = finish.result();
      listener.finished(world.nowNs(), result);
    } else if (action instanceof JobAction.Disconnect(var id)) {
      tellMaster(new JobEvent.LinkLost(id, "closed by the master"));
      world.after(0, node(id)::disturb); // it may be calm; not from within the master
      node(id).disconnect("the master closed the link");
      node(id).connect();
    }
  }

  Hosts hosts() {
    return hosts;
  }

  Costs costs() {
    return costs;
  }

  ClusterListener listener() {
    return listener;
  }

  long nowNs() {
    return world.nowNs();
  }

  Saving saving() {
    return saving;
  }

  SharedStorage storage() {
    return storage;
  }

  SimulatedNode node(NodeId id) {
    return byId.get(id);
  }

  boolean reaches(SimulatedNode node) {
    return masterUp && !world.isCut(node.peer());
  }

  // ---- calm

  /** A last answer may arrive when the master has just stopped. */
  boolean masterAnswers() {
    return masterUp && !master.paused();
  }

  boolean elides() {
    return elides;
  }

  /**
   * Something happens to a node: until it would have been found silent, health checks may find
   * something. That it is fenced or forgotten later tells nobody anything.
   */
  void disturbed() {
    restlessUntilNs = world.nowNs() + 3 * config.nodeTimeoutNs() + config.leaseNs();
    if (masterUp && elided.asleep()) {
      master.inside(elided::wake);
    }
  }

  /** Whether health checks can find nothing new. */
  boolean quiet() {
    return elides
        && world.nowNs() > restlessUntilNs
        && nodes.stream().allMatch(node -> node.calm() || isKnownToBeDown(node));
  }

  /** The last message of a host that is gone may come minutes later, if its link loses packets. */
  private boolean isKnownToBeDown(SimulatedNode node) {
    return !node.up() && world.nowNs() > node.lastArrivalNs() + 2 * config.nodeTimeoutNs();
  }

  Regrouping regrouping() {
    return regrouping;
  }

  Answers answers() {
    return answers;
  }

  void masterHearsAnswers() {
    master.inside(elided::hearAnswers);
  }

  List<Message> masterHears(NodeId from, ToMaster beat, long atNs) {
    var answers = new ArrayList<Message>();
    master.inside(fx -> answers.addAll(elided.hear(from, beat, atNs, fx)));
    return answers;
  }

  /**
   * The newest beat of the newest group that was not played; empty when all were, or when the group
   * has ended and its last step was told.
   */
  Optional<CalmMaster.LateBeat> newestBeat() {
    return groups.newest().filter(group -> group != lastTold).flatMap(this::newestBeat);
  }

  private Optional<CalmMaster.LateBeat> newestBeat(SimulatedGroup group) {
    SimulatedNode newest = null;
    long readNs = -1;
    for (var node : group.nodes()) {
      long nodeNs = node.lastReadNs();
      if (nodeNs > readNs && node.isIn(group)) { // it may have lost its members since
        newest = node;
        readNs = nodeNs;
      }
    }
    lastTold = newest != null && group.endedBy(readNs) ? group : lastTold;
    return newest == null || !group.restored(readNs)
        ? Optional.empty()
        : Optional.of(
            new CalmMaster.LateBeat(
                newest.id(), newest.beat(group, readNs), newest.arrivalAtMasterNs(readNs)));
  }

  // ---- groups

  Groups groups() {
    return groups;
  }

  // ---- what is known of it

  /** Null while the job goes on. */
  public Result result() {
    return result;
  }

  /** Newest step of the newest group. */
  public long committed() {
    return groups.committed();
  }

  /** What the newest group has done so far, null when it does not train. */
  public ClusterListener.Trained training() {
    return groups.training();
  }

  public int size() {
    return nodes.size();
  }

  // ---- faults

  /** SIGKILL of one worker of a node, chosen by {@code draw}; false when there is none. */
  public boolean crash(int node, long draw) {
    var target = nodes.get(node);
    var processes = target.processes();
    var workers = processes.all();
    if (workers.isEmpty()) {
      return false;
    }
    target.playBeats(); // the next one will not tell of that worker
    processes.end(workers.get((int) Math.floorMod(draw, (long) workers.size())).id, Exit.signal(9));
    return true;
  }

  /**
   * The trainer of a member throws, and asks never to be restarted: the job fails. False when there
   * is none.
   */
  public boolean failTrainer(long draw) {
    var members =
        nodes.stream()
            .flatMap(node -> node.up() ? node.processes().all().stream() : Stream.empty())
            .filter(worker -> worker.group != null && worker.group.trains(world.nowNs()))
            .toList();
    if (members.isEmpty()) {
      return false;
    }
    var worker = members.get((int) Math.floorMod(draw, (long) members.size())).id;
    node(worker.node()).processes().end(worker, Exit.code(NEVER_RESTART));
    return true;
  }

  /**
   * The newest step that the newest group has saved and that is whole in memory, also without one
   * host; -1 for none.
   *
   * @param without its number; -1: with all of them
   */
  public long newestWhole(int without) {
    var reachable =
        IntStream.range(0, nodes.size())
            .filter(n -> n != without && nodes.get(n).reachable())
            .mapToObj(nodes::get)
            .toList();
    return groups.newest().map(group -> newestWhole(group.generation(), reachable)).orElse(-1L);
  }

  private long newestWhole(long generation, List<SimulatedNode> at) {
    var held = new TreeMap<Long, TreeSet<Integer>>();
    var shards = new TreeMap<Long, Integer>();
    at.stream()
        .flatMap(node -> node.memory().whole(generation).stream())
        .forEach(header -> {
          held.computeIfAbsent(header.step(), step -> new TreeSet<>()).add(header.shard());
          shards.put(header.step(), saving.sharded() ? header.shards() : 1);
        });
    return held.descendingMap().entrySet().stream()
        .filter(step -> step.getValue().size() >= shards.get(step.getKey()))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(-1L);
  }

  /** Newest step on storage, -1 for none. */
  public long newestStored() {
    return storage.newest().map(SharedStorage.Checkpoint::step).orElse(-1L);
  }

  /** A member stops stepping without ending; false when the node has none. */
  public boolean hang(int node, long draw) {
    var target = nodes.get(node);
    var members =
        target.processes().all().stream()
            .filter(worker -> worker.group != null && worker.group.trains(world.nowNs()))
            .toList();
    if (members.isEmpty()) {
      return false;
    }
    target.hang(members.get((int) Math.floorMod(draw, (long) members.size())));
    return true;
  }

  /** The agent is killed, its processes go with it; the link breaks at once. A new one follows. */
  public boolean killAgent(int node, long forNs) {
    var target = nodes.get(node);
    if (!target.up()) {
      return false;
    }
    target.endAgent();
    tellMaster(new JobEvent.LinkLost(target.id(), "end of file"));
    world.after(forNs, target::boot);
    return true;
  }

  /** The host is gone without a word, and comes back as a new one; its memory is empty then. */
  public boolean nodeDown(int node, long forNs) {
    var target = nodes.get(node);
    boolean was = target.up();
    target.down();
    if (was) {
      world.after(forNs, target::boot);
    }
    return was;
  }

  /** Nothing passes between a node and the master; afterwards the node connects anew. */
  public boolean partition(int node, long forNs) {
    return partition(node, World.Direction.BOTH, forNs);
  }

  /**
   * As {@link #partition(int, long)}, one way. What goes the other way still arrives: the windows
   * of the link are large enough for beats and orders of that time.
   */
  public boolean partition(int node, World.Direction direction, long forNs) {
    var target = nodes.get(node);
    var peer = target.peer();
    if (!target.up() || world.isCut(peer)) {
      return false;
    }
    target.disturb();
    world.cut(peer, direction);
    world.after(forNs, () -> heal(target, peer));
    return true;
  }

  private void heal(SimulatedNode target, PeerId peer) {
    world.heal(peer);
    reconnect(target);
  }

  private void reconnect(SimulatedNode target) {
    tellMaster(new JobEvent.LinkLost(target.id(), "replaced by a newer link"));
    target.disconnect("nothing heard");
    target.connect();
  }

  /** The link between a node and the master is slow or loses packets for a while. */
  public boolean impair(int node, LinkQuality quality, long forNs) {
    var peer = nodes.get(node).peer();
    nodes.get(node).disturb();
    world.impair(peer, quality);
    world.after(forNs, () -> world.impair(peer, LinkQuality.GOOD));
    return nodes.get(node).up();
  }

  /** SIGSTOP of the agent; its workers go on until their lease ends. */
  public boolean pauseAgent(int node, long forNs) {
    var target = nodes.get(node);
    target.pause();
    world.after(forNs, target::resume);
    return target.up();
  }

  /** The master is killed, and resumed from its journal. */
  public boolean killMaster(long forNs) {
    if (!killsMaster) {
      throw new IllegalStateException("the master has no journal to be resumed from");
    }
    if (!masterUp || result != null) {
      return false;
    }
    nodes.forEach(SimulatedNode::disturb);
    masterUp = false;
    listener.master(world.nowNs(), false);
    var journal = List.copyOf(master.journal());
    world.remove(PeerId.MASTER);
    nodes.forEach(node -> node.disconnect("end of file"));
    world.after(forNs, () -> resume(journal));
    return true;
  }

  /** SIGSTOP of the master; what comes meanwhile is handled afterwards. */
  public boolean pauseMaster(long forNs) {
    if (!masterUp || result != null) {
      return false;
    }
    nodes.forEach(SimulatedNode::disturb);
    var paused = master;
    paused.pause();
    world.after(
        forNs,
        () -> {
          disturbed(); // what came meanwhile is heard only now
          paused.resume();
        });
    return true;
  }

  /** Entries of the journal are durable {@code factor} times later than usual, for a while. */
  public boolean slowJournal(double factor, long forNs) {
    var slowed = master;
    slowed.slowJournal(factor);
    world.after(forNs, () -> slowed.slowJournal(1));
    return masterUp;
  }

  /** The node's clock jumps, and from now on runs {@code rate} times as fast. */
  public boolean clock(int node, long stepNs, double rate, long forNs) {
    var target = nodes.get(node);
    target.clock(stepNs, rate);
    if (rate != 1) {
      world.after(forNs, () -> target.clock(0, 1));
    }
    return target.up();
  }

  /** No process can be started on the node for a while. */
  public boolean refuseLaunch(int node, long forNs) {
    var target = nodes.get(node);
    target.refuseLaunch(true);
    world.after(forNs, () -> target.refuseLaunch(false));
    return target.up();
  }

  /** A process takes {@code factor} times as long to be ready on the node for a while. */
  public boolean slowStart(int node, double factor, long forNs) {
    var target = nodes.get(node);
    target.startFactor(factor);
    world.after(forNs, () -> target.startFactor(1));
    return target.up();
  }

  /** Every member waits for this node, which computes at {@code speed} for a while. */
  public boolean slow(int node, double speed, long forNs) {
    var target = nodes.get(node);
    speed(target, speed);
    world.after(forNs, () -> speed(target, 1));
    return target.up();
  }

  private void speed(SimulatedNode target, double speed) {
    target.speed(speed);
    groups.speedChanged();
  }

  /** The node's agent is asked to leave in good order, and the host comes back later. */
  public boolean maintain(int node, long forNs) {
    var target = nodes.get(node);
    if (!target.up()) {
      return false;
    }
    target.leave("planned maintenance");
    world.after(forNs, target::reboot);
    return true;
  }

  /** One of the snapshots in the node's memory is not what its header says any more. */
  public boolean damageSnapshot(int node, long draw) {
    return nodes.get(node).memory().damage(draw);
  }

  /** Everything on storage takes so many times as long for a while. */
  public boolean slowStorage(double factor, long forNs) {
    storage.slowness(factor);
    world.after(forNs, () -> storage.slowness(1));
    return saving.on();
  }

  /** Nothing can be written to storage or read from it for a while. */
  public boolean storageOutage(long forNs) {
    storage.out(true);
    world.after(forNs, () -> storage.out(false));
    return saving.on();
  }

  /** The newest checkpoint on storage cannot be read any more. */
  public boolean damageCheckpoint() {
    return storage.damageNewest();
  }

  /** The newest checkpoint on storage is not there any more. */
  public boolean removeCheckpoint() {
    return storage.removeNewest();
  }

  /** SIGKILL of all workers of a node that are in no group; false when there is none. */
  public boolean crashSpares(int node) {
    var target = nodes.get(node);
    var processes = target.processes();
    var spares = processes.all().stream().filter(worker -> worker.group == null).toList();
    spares.forEach(worker -> processes.end(worker.id, Exit.signal(9)));
    return !spares.isEmpty();
  }

  private void resume(List<Object> journal) {
    var core = new Job(config, this::node);
    var entries = journal.stream().map(e -> (JournalEntry) e).toList();
    var different = core.replay(entries, world.buggifier().again(PeerId.MASTER));
    if (!different.isEmpty()) {
      violations.accept("a replay decided otherwise: entry=" + different.getFirst());
    }
    master(core, journal, new JobEvent.Started(incarnation + 1, true, committed()));
    disturbed(); // it takes all nodes for heard of now
    nodes.forEach(SimulatedNode::connect);
  }

  private void tellMaster(JobEvent event) {
    world.after(
        BREAK_NS,
        () -> {
          if (masterUp) {
            master.on(event);
          }
        });
  }
}
