package dev.muster.simulator.cluster;

import dev.muster.protocol.Group;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.simulator.World;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.checkpoint.SharedStorage;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The groups that the master orders, from the order to the last step: the modelled data plane. */
final class Groups {
  private static final int WATCHED_STEPS = 8; // after a change of pace
  private static final long WATCHED_NS = 20_000_000_000L;
  private static final long WATCHED_BEFORE_NS = 1_000_000_000L; // a verdict at the earliest
  private static final double MARGIN = 1.5; // below the detector's factor no step can look hung
  private static final int KEPT_GROUPS = 4; // of the older ones only their members know

  private final World world;
  private final Costs costs;
  private final CheckpointModel checkpoints;
  private final Saving saving;
  private final SharedStorage storage;
  private final Saves saves;
  private final JobSpec job;
  private final Regrouping regrouping;
  private final ClusterListener listener;
  private final TreeMap<Long, SimulatedGroup> groups = new TreeMap<>();
  private final Set<Long> opened = new HashSet<>(); // ever; orders may be read late
  private final NewestCheckpoint checkpoint;

  Groups(
      World world,
      Costs costs,
      CheckpointModel checkpoints,
      Saving saving,
      SharedStorage storage,
      JobSpec job,
      Regrouping regrouping,
      ClusterListener listener) {
    this.world = world;
    this.costs = costs;
    this.checkpoints = checkpoints;
    this.checkpoint = new NewestCheckpoint(checkpoints, costs.stepNs());
    this.saving = saving;
    this.storage = storage;
    this.saves = new Saves(world, saving, job.steps(), this::awaitLastStep);
    this.job = job;
    this.regrouping = regrouping;
    this.listener = listener;
  }

  /** Null when it was never ordered, or long ago. */
  SimulatedGroup of(long generation) {
    return groups.get(generation);
  }

  /** A node heard the order that makes this group. */
  SimulatedGroup opened(ToAgent.Form form) {
    long generation = form.group().generation().number();
    if (opened.add(generation)) {
      listener.opened(world.nowNs(), form);
      groups.put(generation, group(form));
      forgetEndedGroups();
    }
    return of(generation);
  }

  private void forgetEndedGroups() {
    while (groups.size() > KEPT_GROUPS && groups.firstEntry().getValue().ended()) {
      groups.pollFirstEntry().getValue().forget();
    }
  }

  /** The master orders where the state in memory ends; what is lost is read from a checkpoint. */
  private SimulatedGroup group(ToAgent.Form form) {
    boolean fromCheckpoint = stateLost(form) && checkpoint.step() > 0;
    long startStep = fromCheckpoint ? checkpoint.step() : form.startStep();
    long readNs = fromCheckpoint ? checkpoint.readNs() : -1;
    var pace = pace(form, startStep);
    return new SimulatedGroup(form, pace, readNs, job.steps(), listener, this::ended);
  }

  private Pace pace(ToAgent.Form form, long startStep) {
    long stepNs = costs.stepNs();
    return saving.on()
        ? new Pace(
            startStep, stepNs, form.saveEvery(), saving.stallNs(stepNs, saveTogether(form.group())))
        : checkpoints.pace(startStep, stepNs);
  }

  /** Ranks of the host that has most to save; one of a host saves a state that all of them hold. */
  private int saveTogether(Group group) {
    return saving.sharded()
        ? IntStream.range(0, group.nodes().size()).map(n -> group.at(n).size()).max().orElse(1)
        : 1;
  }

  private boolean stateLost(ToAgent.Form form) {
    if (groups.isEmpty() || saving.on()) {
      return false;
    }
    var last = groups.lastEntry().getValue();
    checkpoint.made(last, world.nowNs());
    boolean partLost =
        checkpoints.lostWith() == CheckpointModel.LostWith.ANY_MEMBER && last.lostMember();
    boolean nobodyHolds = form.startStep() == 0;
    return partLost || nobodyHolds;
  }

  /** A host is gone, and what was in its memory. */
  void hostLost(SimulatedNode node) {
    newest().ifPresent(last -> checkpoint.made(last, world.nowNs()));
    checkpoint.lost(node);
  }

  /** A member entered. Once all have begun collective initialisation, they join, restore, step. */
  void entered(SimulatedGroup group) {
    if (group.isFull()) {
      after(group, costs.joinNs(group.worldSize()), () -> joined(group));
    }
  }

  private void joined(SimulatedGroup group) {
    pass(group, Milestone.JOINED);
    listener.complete(world.nowNs(), group.generation());
    after(group, restoreNs(group), () -> train(group));
  }

  private long restoreNs(SimulatedGroup group) {
    if (group.fromCheckpoint()) {
      return group.readNs();
    }
    var read = group.form().restore();
    long readNs = read == null ? 0 : saving.readNs(read.from());
    return group.form().needState().isEmpty() ? 0 : readNs + costs.restoreNs();
  }

  private void train(SimulatedGroup group) {
    if (saving.on() && !restored(group)) {
      group.stall(null, world.nowNs());
      return;
    }
    group.train(world.nowNs());
    checkpoint.trains(group);
    pace(group);
    listener.trains(world.nowNs(), group.generation(), group.startStep());
    pass(group, Milestone.RESTORED);
    after(group, group.leftNs(firstStep(group), world.nowNs()), () -> stepped(group));
    awaitLastStep(group);
  }

  private boolean restored(SimulatedGroup group) {
    var parts = new Restoring(group, saving.sharded(), storage).run();
    parts.ifPresent(byRank -> {
      listener.restored(world.nowNs(), group.form(), byRank);
      byRank.stream()
          .flatMap(List::stream)
          .findFirst()
          .ifPresent(first -> group.startsFrom(first.state()));
    });
    return parts.isPresent();
  }

  private long firstStep(SimulatedGroup group) {
    return Math.min(job.steps(), group.startStep() + 1);
  }

  /** A group steps as fast as its slowest host. */
  private void pace(SimulatedGroup group) {
    double slowest = slowest(group);
    if (MARGIN / slowest >= job.hang().factor()) {
      watch(group);
    }
    group.pace(slowest, world.nowNs());
    saves.arm(group);
    group.nodes().forEach(node -> node.paced(group.stepNs()));
  }

  private static double slowest(SimulatedGroup group) {
    double slowest = 1;
    for (var node : group.nodes()) {
      slowest = Math.min(slowest, node.speed());
    }
    return slowest;
  }

  private void stepped(SimulatedGroup group) {
    long leftNs = group.leftNs(firstStep(group), world.nowNs());
    if (leftNs > 0) { // it was slowed down meanwhile
      after(group, leftNs, () -> stepped(group));
      return;
    }
    pass(group, Milestone.STEPPED);
  }

  private void pass(SimulatedGroup group, Milestone milestone) {
    group.pass(milestone, world.nowNs());
    group.each(group.said(milestone));
    regrouping.passed(group, milestone);
  }

  /** It may be years ahead, so it must not hold the group, of which there will be thousands. */
  private void awaitLastStep(SimulatedGroup group) {
    long generation = group.generation();
    long leftNs = group.leftNs(world.nowNs());
    long awaitedNs = world.nowNs() + leftNs;
    group.awaitedNs(awaitedNs);
    world.after(
        leftNs,
        () -> {
          var still = of(generation);
          if (still != null && !still.ended() && still.awaitedNs() == awaitedNs) {
            finished(still);
          }
        });
  }

  private void finished(SimulatedGroup group) {
    if (group.leftNs(world.nowNs()) > 0) { // it was slowed down meanwhile
      awaitLastStep(group);
      return;
    }
    long last = group.committed(world.nowNs());
    group.each(new FromWorker.Finished(group.generation(), last, null, "", List.of()));
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

  // ---- what is known of them

  Optional<SimulatedGroup> newest() {
    return groups.isEmpty() ? Optional.empty() : Optional.of(groups.lastEntry().getValue());
  }

  /** Newest step of the newest group. */
  long committed() {
    return newest().map(group -> group.committed(world.nowNs())).orElse(0L);
  }

  /** What the newest group has done so far, null when it does not train. */
  ClusterListener.Trained training() {
    return newest()
        .filter(group -> group.trains(world.nowNs()))
        .map(group -> group.trained(world.nowNs()))
        .orElse(null);
  }

  /** The speed of one of the hosts is another from now on. */
  void speedChanged() {
    newest().ifPresent(this::pace);
  }

  /** Some nodes do not know the last step; one at least does, or nobody had committed it. */
  private void divide(SimulatedGroup group) {
    if (!group.canBeInDoubt(world.nowNs())) {
      return;
    }
    var unsure = group.nodes().stream().filter(node -> doubts(node, group)).toList();
    if (unsure.size() < group.nodes().size()) {
      unsure.forEach(node -> {
        int members = group.form().group().on(node.id()).size();
        listener.inDoubt(world.nowNs(), node.index(), group.generation(), members);
        group.doubt(node.id());
      });
    }
  }

  private boolean doubts(SimulatedNode node, SimulatedGroup group) {
    return group.mayDoubt(node.id(), world.nowNs())
        && world
            .buggifier()
            .take(node.peer(), Buggify.STEP_IN_DOUBT, group.generation(), world.nowNs());
  }

  /** Members that wait for too long for the next group look hung, too. */
  private void ended(SimulatedGroup group) {
    divide(group);
    long boundNs = Math.max(job.startTimeoutNs(), job.hang().floorNs());
    long leftNs = boundNs - group.withoutProgressNs(world.nowNs()) - WATCHED_BEFORE_NS;
    var nodes = group.nodes(); // it may be forgotten by then
    world.after(leftNs, () -> nodes.forEach(node -> node.watchIn(group)));
  }

  /** A step that takes so much longer than it used to may look like a hang. */
  private void watch(SimulatedGroup group) {
    long untilNs = world.nowNs() + WATCHED_STEPS * group.stepNs() + WATCHED_NS;
    group.nodes().forEach(node -> node.watch(untilNs));
  }
}
