package dev.muster.simulator.local;

import dev.muster.master.job.JobConfig;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.run.Recovery;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.World;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.cluster.CheckpointModel;
import dev.muster.simulator.cluster.Cluster;
import dev.muster.simulator.cluster.ClusterListener;
import dev.muster.simulator.cluster.Costs;
import dev.muster.simulator.local.PredictedMeasured.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Plays a local plan in virtual time, with the configuration of the real job. */
public final class Prediction {
  /** A simulated job of this size trains within seconds, or never. */
  private static final long START_LIMIT_NS = 600_000_000_000L;

  private final MeasuredCosts measured;
  private final Costs costs;
  private final World world;
  private final Cluster cluster;
  private final Training training = new Training();
  private final List<String> struck = new ArrayList<>();
  private final int agents;
  private long coldUntilNs;

  private Prediction(JobConfig config, MeasuredCosts measured, int agents, long seed) {
    int slots = config.job().workers() + config.job().spares();
    this.measured = measured;
    this.agents = agents;
    costs = measured.costs();
    world = new World(seed);
    cluster =
        new Cluster(
            world,
            Hosts.cores(world),
            config,
            costs,
            CheckpointModel.NONE,
            Saving.OFF,
            agents,
            slots,
            training,
            false, // a minute of a small job: every beat is played
            broken -> {
              throw new IllegalStateException("the prediction broke an invariant: " + broken);
            });
  }

  /**
   * @param config of the real job, so that both decide alike
   * @param costs of this machine, not from the run that is predicted
   */
  public static Observed play(
      LocalPlan plan,
      JobConfig config,
      MeasuredCosts measured,
      int agents,
      long seed,
      long horizonNs) {
    return new Prediction(config, measured, agents, seed).play(plan, horizonNs);
  }

  private Observed play(LocalPlan plan, long horizonNs) {
    cluster.start();
    if (!world.runUntil(() -> training.began, START_LIMIT_NS)) {
      throw new IllegalStateException("the predicted job does not begin: " + training.notes);
    }
    long fromNs = world.nowNs();
    training.cold = this::cold;
    for (var fault : plan.faults()) {
      world.after(fault.atNs(), () -> strike(fault));
    }
    world.runUntil(fromNs + horizonNs);
    var notes = training.notes;
    var recoveries = Recoveries.of(notes).stream().map(this::fromTheKill).toList();
    return new Observed(
        cluster.committed(),
        training.redone + recoveries.stream().mapToLong(Recovery::stepsRedone).sum(),
        notes.stream().filter(note -> note.topic().equals("generation.formed")).count(),
        horizonNs,
        costs.stepNs(),
        recoveries,
        struck);
  }

  /** A newcomer trains: the group steps slowly for a while, from now on. */
  private void cold() {
    long untilNs = world.nowNs() + Math.round(measured.coldMs() * 1e6);
    long fromNs = Math.max(world.nowNs(), coldUntilNs);
    if (measured.coldSpeed() < 1 && untilNs > fromNs) {
      coldUntilNs = untilNs;
      for (int agent = 0; agent < agents; agent++) {
        int node = agent;
        world.after(
            fromNs - world.nowNs(),
            () -> cluster.slow(node, measured.coldSpeed(), untilNs - fromNs));
      }
    }
  }

  private Recovery fromTheKill(Recovery recovery) {
    return Cause.of(recovery) == Cause.CRASH && recovery.detectMs() == 0
        ? Recoveries.detectedAfter(recovery, costs.noticeNs() / 1e6)
        : recovery;
  }

  private void strike(LocalFault fault) {
    boolean there =
        switch (fault.verb()) {
          case CRASH, MEMBER_CRASH -> cluster.crash(fault.agent(), fault.draw());
          case HANG -> cluster.hang(fault.agent(), fault.draw());
          case AGENT_KILL -> cluster.killAgent(fault.agent(), fault.forNs());
          case AGENT_PAUSE -> cluster.pauseAgent(fault.agent(), fault.forNs());
          case MASTER_KILL -> cluster.killMaster(fault.forNs());
          case MASTER_PAUSE -> cluster.pauseMaster(fault.forNs());
        };
    String at = String.format(Locale.ROOT, "%.1f s ", fault.atNs() / 1e9);
    struck.add(at + fault + (there ? "" : ": nothing there to strike"));
  }

  private static final class Training implements ClusterListener {
    private boolean began;
    private Runnable cold = () -> {};
    private final List<Observation> notes = new ArrayList<>();
    private long redone; // in flight when their group ended

    @Override
    public void trains(long nowNs, long generation, long startStep) {
      began = true;
      cold.run();
    }

    @Override
    public void noted(long nowNs, Observation note) {
      notes.add(note);
    }

    @Override
    public void stopped(long nowNs, long generation, Trained trained) {
      redone += trained.inFlightNs() > 0 ? 1 : 0;
    }
  }
}
