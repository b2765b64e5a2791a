package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.process.LiveWorkers;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Recovery;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A node agent is killed or stopped: its ranks are gone, the job goes on with the other agent's
 * spares.
 */
@Timeout(180)
class AgentLossTest {
  /** The promise is 2 s; a machine that runs several builds gets more. */
  private static final Duration GONE = Duration.ofSeconds(10);

  private static final int STEPS = 300;

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private MusterProcess twoAgents(int steps, String... more) {
    var flags =
        new java.util.ArrayList<>(
            List.of("--spares", "2", "--agents", "2", "-Dmuster.job.last-call=1m"));
    flags.addAll(List.of(more));
    return muster.run(SmallModel.flags(2, steps, flags.toArray(String[]::new)));
  }

  /** Once it trains: the members sit on both nodes. */
  private static Progress training(MusterProcess run, LiveWorkers workers, long step) {
    run.await("step " + step, () -> Optional.of(step).filter(s -> workers.step() >= s));
    var progress =
        run.awaitProgress(
            "two ranks and two spares",
            p -> p.ranks().size() == 2 && p.spares() == 2 && p.step() > 0);
    assertThat(progress.ranks())
        .extracting(Progress.Rank::node)
        .containsExactlyInAnyOrder("n0", "n1");
    return progress;
  }

  private static List<LiveWorkers.Worker> of(String node, LiveWorkers workers) {
    return workers.look().stream().filter(w -> w.worker().startsWith(node + "-")).toList();
  }

  /** Waits until none of them is left and prints how long that took. */
  private static void assertGone(String what, List<Long> pids, long sinceNs) {
    boolean gone = Await.that(GONE, () -> pids.stream().noneMatch(ProcessTable::runs));
    System.out.printf(
        "%s: %d processes gone after %.0f ms%n",
        what, pids.size(), (System.nanoTime() - sinceNs) / 1e6);
    assertThat(gone).as("%s: gone within %s", what, GONE).isTrue();
  }

  private void assertNoStepLost(MusterProcess run) {
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.samples().committedSteps()).isEqualTo(STEPS);
    assertThat(result.samples().redoneSteps()).isLessThanOrEqualTo(result.generations() - 1);
    assertThat(result.recoveries().getFirst().kind()).isEqualTo(Recovery.Kind.SPARE);
    assertThat(result.recoveries().getFirst().cause()).contains("lost");
    assertThat(result.parametersDigest())
        .isEqualTo(SmallModel.undisturbed(muster, 2, STEPS).result().parametersDigest());
  }

  @Test
  void givenTwoAgents_whenOneIsKilled_thenItsWorkersAreGoneAndTheOthersSparesGoOn() {
    var run = twoAgents(STEPS);
    try (var workers = new LiveWorkers(run.folder())) {
      var victim = training(run, workers, 60).ranks().getFirst().node();
      var pids = of(victim, workers).stream().map(LiveWorkers.Worker::pid).toList();
      assertThat(pids).hasSize(2);
      long killedNs = System.nanoTime();
      ProcessTable.kill(run.agentPid(victim));
      assertGone("agent killed", pids, killedNs);
      assertThat(run.awaitEvent("node.lost").text())
          .contains("node " + victim + " is lost", "its 2 workers are given up");
    }
    assertNoStepLost(run);
  }

  @Test
  void givenAnAgentOfPlainCommands_whenItIsKilled_thenTheirGrandchildrenAreGoneToo() {
    var run = muster.run("--workers", "2", "--", "sh", "-c", "sleep 1000 & sleep 1000 & wait");
    var pids =
        run.await(
            "two commands with two children each",
            () -> Optional.of(commands(run)).filter(c -> c.size() == 6));
    long killedNs = System.nanoTime();
    ProcessTable.kill(run.agentPid("n0"));
    assertGone("agent of plain commands killed", pids, killedNs);
    run.awaitEvent("node.lost");
    ProcessTable.signal(run.pid(), "INT");
    assertThat(run.awaitExit()).isEqualTo(130);
  }

  private static List<Long> commands(MusterProcess run) {
    return run.processes().stream()
        .filter(p -> p.pid() != run.pid()) // which names them, too
        .filter(p ->
            p.info()
                .commandLine()
                .filter(c -> c.endsWith("sleep 1000") || c.contains("sleep 1000 &"))
                .isPresent())
        .map(ProcessHandle::pid)
        .toList();
  }

  @Test
  void
      givenAnAgentStoppedForTwiceTheLease_whenItGoesOn_thenItsRanksAreGoneAndWhatItSaysIsRefused() {
    // it trains until it is stopped: however fast the machine, the agent comes back to a live run
    var run =
        twoAgents(1_000_000, "-Dmuster.master.lease=3s", "-Dmuster.worker.settings.hidden=1024");
    try (var workers = new LiveWorkers(run.folder())) {
      var victim = training(run, workers, 20).ranks().getFirst().node();
      var pids = of(victim, workers).stream().map(LiveWorkers.Worker::pid).toList();
      long stoppedNs = System.nanoTime();
      ProcessTable.signal(run.agentPid(victim), "STOP");
      assertThat(run.awaitEvent("node.lost").text())
          .contains("node " + victim + " is lost: silent for");
      assertGone("agent stopped, lease 3 s", pids, stoppedNs);
      var counted = Commits.of(run, victim);
      assertThat(Await.that(Duration.ofSeconds(20), () -> System.nanoTime() - stoppedNs >= 6e9))
          .isTrue();
      ProcessTable.signal(run.agentPid(victim), "CONT");
      assertThat(run.awaitEvent("node.registered").text())
          .contains("node " + victim + " registered again after it was given up", "workers=0");
      assertThat(Commits.of(run, victim))
          .as("no commit after the node was given up")
          .isEqualTo(counted);
    }
    ProcessTable.signal(run.pid(), "INT");
    assertThat(run.awaitExit()).isEqualTo(130);
    assertThat(run.awaitResult().samples().exactlyOnce()).isTrue();
    assertThat(run.events("parameters.differ")).isEmpty();
    Commits.assertNoneInARevokedGeneration(run);
  }

  /**
   * The whole node freezes with the only rank: nobody acknowledges, nobody is left to kill it but
   * its lease.
   */
  @Test
  void givenANodeFrozenWithTheWholeGroup_whenItThaws_thenItsRankCommitsNothingMore() {
    var run =
        muster.run(
            SmallModel.flags(
                1,
                STEPS,
                "--spares",
                "1",
                "--agents",
                "2",
                "-Dmuster.master.lease=3s",
                "-Dmuster.worker.settings.hidden=1024"));
    try (var workers = new LiveWorkers(run.folder())) {
      run.await("step 20", () -> Optional.of(20).filter(s -> workers.step() >= s));
      var victim =
          run.awaitProgress("a rank and a spare", p -> p.ranks().size() == 1 && p.spares() == 1)
              .ranks()
              .getFirst()
              .node();
      var frozen = of(victim, workers).getFirst();
      long agent = run.agentPid(victim);
      var node =
          new java.util.ArrayList<>(
              ProcessHandle.of(agent).orElseThrow().descendants().map(ProcessHandle::pid).toList());
      node.add(agent);
      node.forEach(pid -> ProcessTable.signal(pid, "STOP"));
      run.awaitEvent("generation.waiting");
      run.awaitEvent("generation.formed", e -> e.text().contains("committed steps are redone"));
      run.await(
          "steps of generation 2",
          () ->
              Optional.of(1)
                  .filter(s ->
                      workers.members().stream()
                          .anyMatch(w -> w.generation() == 2 && w.appliedStep() > 2)));
      var counted = Commits.of(run, victim);
      ProcessTable.signal(frozen.pid(), "CONT"); // it alone: neither agent nor warden can kill it
      assertThat(Await.that(GONE, () -> !ProcessTable.runs(frozen.pid())))
          .as("it ends itself")
          .isTrue();
      node.stream().filter(ProcessTable::runs).forEach(pid -> ProcessTable.signal(pid, "CONT"));
      assertThat(Commits.of(run, victim)).isEqualTo(counted);
    }
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.samples().committedSteps()).isEqualTo(STEPS);
  }
}
