package dev.muster.simulator.cluster;

import dev.muster.master.job.Job;
import dev.muster.master.job.JobAction;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.protocol.Exit;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.Result;
import dev.muster.simulator.Host;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.LinkQuality;
import dev.muster.simulator.World;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A master and its nodes in virtual time: the production cores of both, on modelled hosts. What the
 * world does to them are the methods named after faults.
 */
public final class Cluster {
  private static final long BREAK_NS = 1_000_000; // until the other end of a closed link knows

  private final World world;
  private final Hosts hosts;
  private final JobConfig config;
  private final Costs costs;
  private final CheckpointModel checkpoints;
  private final ClusterListener listener;
  private final Consumer<String> violations;
  private final List<SimulatedNode> nodes;
  private final List<Host<JobEvent>> masters = new ArrayList<>();
  private final TreeMap<Long, SimulatedGroup> groups = new TreeMap<>();
  private long durableStep; // newest modelled checkpoint
  private boolean masterUp;
  private Result result; // null while the job goes on

  /**
   * @param hosts makes the processes of {@code world}
   * @param violations told of every broken invariant, in words
   */
  public Cluster(
      World world,
      Hosts hosts,
      JobConfig config,
      Costs costs,
      CheckpointModel checkpoints,
      int nodes,
      int slots,
      ClusterListener listener,
      Consumer<String> violations) {
    this.world = world;
    this.hosts = hosts;
    this.config = config;
    this.costs = costs;
    this.checkpoints = checkpoints;
    this.listener = listener;
    this.violations = violations;
    this.nodes =
        IntStream.range(0, nodes).mapToObj(n -> new SimulatedNode(world, this, n, slots)).toList();
  }

  public void start() {
    master(new Job(config), List.of(), new JobEvent.Started(1, false, 0));
    nodes.forEach(SimulatedNode::boot);
  }

  private void master(Job core, List<Object> journal, JobEvent.Started started) {
    var host =
        hosts.<JobEvent>host(
            PeerId.MASTER,
            core,
            (from, m) -> new JobEvent.FromAgent(new NodeId(from.name().substring(6)), (ToMaster) m),
            this::perform);
    host.heard(observation -> listener.noted(world.nowNs(), observation));
    world.add(host);
    masters.add(host);
    listener.master(world.nowNs(), true);
    host.journal().addAll(journal);
    masterUp = true;
    host.on(started);
  }

  private void perform(Effects.Action action) {
    if (action instanceof JobAction.Finish finish) {
      result = finish.result();
      listener.finished(world.nowNs(), result);
    } else if (action instanceof JobAction.Disconnect(var id)) {
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

  private SimulatedNode node(NodeId id) {
    return nodes.stream().filter(n -> n.id().equals(id)).findFirst().orElseThrow();
  }

  boolean reaches(NodeId id) {
    return masterUp && !world.isCut(PeerId.agent(id));
  }

  private Host<JobEvent> newestMaster() {
    return masters.getLast();
  }

  // ---- groups

  SimulatedGroup group(long generation) {
    return groups.get(generation);
  }

  /** A node heard the order that makes this group. */
  void opened(ToAgent.Form form) {
    long generation = form.group().generation().number();
    if (!groups.containsKey(generation)) {
      Invariants.opens(form, groups.navigableKeySet(), livingSteps(), violations);
      listener.opened(world.nowNs(), form);
      groups.put(generation, group(form));
    }
  }

  /** The master orders where the state in memory ends; what is lost is read from a checkpoint. */
  private SimulatedGroup group(ToAgent.Form form) {
    boolean fromCheckpoint = stateLost(form) && durableStep > 0;
    long startStep = fromCheckpoint ? durableStep : form.startStep();
    var pace = checkpoints.pace(startStep, costs.stepNs());
    return new SimulatedGroup(form, pace, fromCheckpoint, config.job().steps(), listener);
  }

  private boolean stateLost(ToAgent.Form form) {
    if (groups.isEmpty()) {
      return false;
    }
    var last = groups.lastEntry().getValue();
    durableStep = Math.max(durableStep, last.durable(world.nowNs()));
    boolean partLost =
        checkpoints.lostWith() == CheckpointModel.LostWith.ANY_MEMBER && last.lostMember();
    boolean nobodyHolds = form.startStep() == 0;
    return partLost || nobodyHolds;
  }

  /** Newest step that a worker holds whose lease goes on. */
  private long livingSteps() {
    return nodes.stream()
        .filter(SimulatedNode::up)
        .filter(SimulatedNode::leased)
        .flatMap(n -> n.workers().stream())
        .filter(worker -> !worker.hung)
        .mapToLong(worker -> worker.applied(world.nowNs()))
        .max()
        .orElse(0);
  }

  /** Every rank has joined: they restore, and step. */
  void complete(SimulatedGroup group) {
    each(group, new FromWorker.Joined(group.generation()));
    listener.complete(world.nowNs(), group.generation());
    after(group, restoreNs(group), () -> train(group));
  }

  private long restoreNs(SimulatedGroup group) {
    if (group.fromCheckpoint()) {
      return checkpoints.restoreNs();
    }
    return group.form().needState().isEmpty() ? 0 : costs.restoreNs();
  }

  private void train(SimulatedGroup group) {
    Invariants.trains(group, groups.values(), world.nowNs(), violations);
    group.train(world.nowNs());
    pace(group);
    listener.trains(world.nowNs(), group.generation(), group.startStep());
    each(group, new FromWorker.Restored(group.generation(), group.startStep()));
    after(group, group.leftNs(firstStep(group), world.nowNs()), () -> stepped(group));
    after(group, group.leftNs(world.nowNs()), () -> finished(group));
  }

  private long firstStep(SimulatedGroup group) {
    return Math.min(config.job().steps(), group.startStep() + 1);
  }

  /** A group steps as fast as its slowest host. */
  private void pace(SimulatedGroup group) {
    double slowest =
        nodes.stream()
            .filter(n -> n.workers().stream().anyMatch(worker -> worker.group == group))
            .mapToDouble(SimulatedNode::speed)
            .min()
            .orElse(1);
    group.pace(slowest, world.nowNs());
  }

  private void stepped(SimulatedGroup group) {
    long leftNs = group.leftNs(firstStep(group), world.nowNs());
    if (leftNs > 0) { // it was slowed down meanwhile
      after(group, leftNs, () -> stepped(group));
      return;
    }
    each(group, new FromWorker.Stepped(group.generation(), group.committed(world.nowNs())));
  }

  private void finished(SimulatedGroup group) {
    long leftNs = group.leftNs(world.nowNs());
    if (leftNs > 0) { // it was slowed down meanwhile
      after(group, leftNs, () -> finished(group));
      return;
    }
    long last = group.committed(world.nowNs());
    each(group, new FromWorker.Finished(group.generation(), last, null, "", List.of()));
  }

  private void after(SimulatedGroup group, long delayNs, Runnable action) {
    world.after(
        delayNs,
        () -> {
          if (!group.ended()) {
            action.run();
          }
        });
  }

  private void each(SimulatedGroup group, FromWorker message) {
    for (var node : nodes) {
      node.workers().stream()
          .filter(worker -> worker.group == group)
          .forEach(worker -> node.say(worker, message));
    }
  }

  // ---- what is known of it

  public List<Observation> notes() {
    return masters.stream().flatMap(m -> m.notes().stream()).toList();
  }

  /** Null while the job goes on. */
  public Result result() {
    return result;
  }

  /** Newest step of the newest group. */
  public long committed() {
    return groups.isEmpty() ? 0 : groups.lastEntry().getValue().committed(world.nowNs());
  }

  /** What the newest group has done so far, null when it does not train. */
  public ClusterListener.Trained training() {
    var newest = groups.isEmpty() ? null : groups.lastEntry().getValue();
    return newest != null && newest.trains(world.nowNs()) ? newest.trained(world.nowNs()) : null;
  }

  public int size() {
    return nodes.size();
  }

  // ---- faults

  /** SIGKILL of one worker of a node, chosen by {@code draw}; false when there is none. */
  public boolean crash(int node, long draw) {
    var target = nodes.get(node);
    var workers = target.workers();
    if (workers.isEmpty()) {
      return false;
    }
    target.end(workers.get((int) Math.floorMod(draw, (long) workers.size())).id, Exit.signal(9));
    return true;
  }

  /** A member stops stepping without ending; false when the node has none. */
  public boolean hang(int node, long draw) {
    var target = nodes.get(node);
    var members =
        target.workers().stream()
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
    return takeDown(node, forNs, true);
  }

  /** The host is gone without a word, and comes back as a new one. */
  public boolean nodeDown(int node, long forNs) {
    return takeDown(node, forNs, false);
  }

  private boolean takeDown(int node, long forNs, boolean heard) {
    var target = nodes.get(node);
    if (!target.up()) {
      return false;
    }
    target.down();
    if (heard) {
      tellMaster(new JobEvent.LinkLost(target.id(), "end of file"));
    }
    world.after(forNs, target::boot);
    return true;
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
    var peer = PeerId.agent(target.id());
    if (!target.up() || world.isCut(peer)) {
      return false;
    }
    world.cut(peer, direction);
    world.after(forNs, () -> heal(target, peer));
    return true;
  }

  private void heal(SimulatedNode target, PeerId peer) {
    world.heal(peer);
    tellMaster(new JobEvent.LinkLost(target.id(), "replaced by a newer link"));
    target.disconnect("nothing heard");
    target.connect();
  }

  /** The link between a node and the master is slow or loses packets for a while. */
  public boolean impair(int node, LinkQuality quality, long forNs) {
    var peer = PeerId.agent(nodes.get(node).id());
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
    if (!masterUp || result != null) {
      return false;
    }
    masterUp = false;
    listener.master(world.nowNs(), false);
    var journal = List.copyOf(newestMaster().journal());
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
    var master = newestMaster();
    master.pause();
    world.after(forNs, master::resume);
    return true;
  }

  /** Entries of the journal are durable {@code factor} times later than usual, for a while. */
  public boolean slowJournal(double factor, long forNs) {
    var master = newestMaster();
    master.slowJournal(factor);
    world.after(forNs, () -> master.slowJournal(1));
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
    if (!groups.isEmpty()) {
      pace(groups.lastEntry().getValue());
    }
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

  /** SIGKILL of all workers of a node that are in no group; false when there is none. */
  public boolean crashSpares(int node) {
    var target = nodes.get(node);
    var spares = target.workers().stream().filter(worker -> worker.group == null).toList();
    spares.forEach(worker -> target.end(worker.id, Exit.signal(9)));
    return !spares.isEmpty();
  }

  private void resume(List<Object> journal) {
    var core = new Job(config);
    var different = core.replay(journal.stream().map(e -> (JournalEntry) e).toList());
    if (!different.isEmpty()) {
      violations.accept("a replay decided otherwise: entry=" + different.getFirst());
    }
    master(core, journal, new JobEvent.Started(masters.size() + 1, true, committed()));
    nodes.forEach(SimulatedNode::connect);
  }

  private void tellMaster(JobEvent event) {
    world.after(
        BREAK_NS,
        () -> {
          if (masterUp) {
            newestMaster().on(event);
          }
        });
  }
}
