package dev.muster.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.job.Job;
import dev.muster.master.job.JobAction;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The job core against modelled agents, in virtual time. */
class JobTest {
  private static final long SECOND = 1_000_000_000L;

  private World world;
  private ModelAgent.SharedGroup shared = new ModelAgent.SharedGroup();
  private final List<ModelAgent> agents = new ArrayList<>();
  private Host<JobEvent> master;
  private Job job;
  private Result result;

  private static JobSpec spec(int workers, int minWorkers, int spares, boolean replace, int steps) {
    return new JobSpec(
        "test",
        1,
        steps,
        workers,
        minWorkers,
        spares,
        replace,
        3,
        100,
        5 * SECOND,
        SECOND,
        10 * SECOND,
        SECOND,
        new JobSpec.Hang(3, 2 * SECOND),
        List.of(),
        new JobSpec.WorkerSpec(true, List.of("x"), Map.of(), Map.of(), 1 << 20));
  }

  private static JobSpec patient(JobSpec s) {
    return new JobSpec(
        s.name(),
        s.seed(),
        s.steps(),
        s.workers(),
        s.minWorkers(),
        s.spares(),
        s.replace(),
        s.maxRestarts(),
        s.maxInfrastructureFailures(),
        60 * SECOND,
        s.lastCallNs(),
        s.startTimeoutNs(),
        s.graceNs(),
        s.hang(),
        s.faults(),
        s.worker());
  }

  private void start(long seed, JobSpec spec, int nodes, int slots) {
    world = new World(seed);
    shared = new ModelAgent.SharedGroup();
    agents.clear();
    result = null;
    shared.steps = spec.steps();
    job = new Job(JobConfig.of(new RunId("test"), spec, nodes, 15 * SECOND, SECOND / 2));
    master = host(job);
    for (int n = 0; n < nodes; n++) {
      agents.add(new ModelAgent(world, new NodeId("n" + n), shared, 7));
    }
    master.on(new JobEvent.Started(1, false, 0));
    agents.forEach(a -> a.register(slots));
  }

  private Host<JobEvent> host(Job core) {
    var host =
        new CoreHost<JobEvent>(
            world,
            PeerId.MASTER,
            core,
            (from, m) -> new JobEvent.FromAgent(new NodeId(from.name().substring(6)), (ToMaster) m),
            a -> {
              if (a instanceof JobAction.Finish finish) {
                result = finish.result();
              }
            });
    world.add(host);
    return host;
  }

  private Result finish() {
    assertThat(world.runUntil(() -> result != null, 3600 * SECOND))
        .as("the job ends: %s", notes())
        .isTrue();
    return result;
  }

  private String notes() {
    return master.notes().stream()
        .map(o -> o.topic() + ": " + o.text())
        .reduce("", (a, b) -> a + "\n" + b);
  }

  /** No step is committed twice, none is left out. */
  private void assertEachStepOnce() {
    assertThat(shared.commits.stream().map(c -> Long.parseLong(c.split(":")[1])).toList())
        .isEqualTo(java.util.stream.LongStream.rangeClosed(1, shared.steps).boxed().toList());
  }

  @Test
  void givenNoFault_whenRun_thenOneGenerationCommitsEveryStep() {
    start(1, spec(4, 4, 1, true, 50), 1, 5);
    var r = finish();
    assertThat(r.state()).as(notes()).isEqualTo(RunState.SUCCEEDED);
    assertThat(r.generations()).isEqualTo(1);
    assertThat(r.steps()).isEqualTo(50);
    assertEachStepOnce();
  }

  @Test
  void givenSpare_whenRankIsKilled_thenSpareTakesItsRankAndNoStepIsLost() {
    start(2, spec(4, 4, 1, true, 50), 1, 5);
    world.after(SECOND, () -> agents.get(0).kill(new WorkerId(new NodeId("n0"), 2)));
    var r = finish();
    assertThat(r.exitCode()).as(notes()).isZero();
    assertThat(r.recoveries())
        .singleElement()
        .satisfies(rec -> {
          assertThat(rec.kind()).isEqualTo(Recovery.Kind.SPARE);
          assertThat(rec.totalMs()).isBetween(1.0, 100.0);
          assertThat(rec.stepsRedone()).isZero();
        });
    assertEachStepOnce();
  }

  /** As an agent tells it whose link ended while its group began. */
  @Test
  void givenAMilestoneToldAgain_whenRecovered_thenItWasReachedTheFirstTime() {
    start(2, spec(4, 4, 1, true, 50), 1, 5);
    var node = new NodeId("n0");
    var again = new ToMaster.Reached(node, new Generation(2), Milestone.JOINED, 0);
    world.after(SECOND, () -> agents.get(0).kill(new WorkerId(node, 2)));
    world.after(SECOND + 20_000_000, () -> master.on(new JobEvent.FromAgent(node, again)));
    assertThat(finish().recoveries())
        .singleElement()
        .satisfies(recovery -> {
          assertThat(recovery.stateMs()).isBetween(0.5, 1.5);
          assertThat(recovery.firstStepMs()).isBetween(19.5, 20.5);
        });
  }

  @Test
  void givenNoSpare_whenRankIsKilled_thenNewProcessIsStarted() {
    start(3, spec(4, 4, 0, true, 50), 1, 4);
    world.after(SECOND, () -> agents.get(0).kill(new WorkerId(new NodeId("n0"), 0)));
    var r = finish();
    assertThat(r.recoveries())
        .as(notes())
        .singleElement()
        .extracting(Recovery::kind)
        .isEqualTo(Recovery.Kind.COLD);
    assertEachStepOnce();
  }

  @Test
  void givenNoReplace_whenRanksDie_thenGroupShrinksToTheMinimumAndThenGivesUp() {
    start(4, spec(4, 2, 0, false, 400), 1, 4);
    for (int i = 0; i < 3; i++) {
      int number = i;
      world.after(
          (i + 1) * SECOND, () -> agents.get(0).kill(new WorkerId(new NodeId("n0"), number)));
    }
    var r = finish();
    assertThat(r.recoveries())
        .as(notes())
        .extracting(Recovery::kind)
        .containsExactly(Recovery.Kind.SHRINK, Recovery.Kind.SHRINK);
    assertThat(r.exitCode()).isEqualTo(75);
    assertThat(r.reason()).contains("below minimum", "usable=1", "minWorkers=2");
  }

  @Test
  void givenTwoNodes_whenOneDies_thenTheOtherGoesOnWithItsSpares() {
    start(5, spec(4, 2, 2, true, 400), 2, 4);
    world.after(
        2 * SECOND,
        () -> {
          agents.get(1).die();
          master.on(new JobEvent.LinkLost(new NodeId("n1"), "end of file"));
        });
    var r = finish();
    assertThat(r.exitCode()).as(notes()).isZero();
    assertThat(notes()).contains("node n1 is lost");
    assertEachStepOnce();
  }

  @Test
  void givenSilentNode_whenItThaws_thenItsMessagesAreRefusedAndNoStepIsLost() {
    start(6, spec(4, 2, 2, true, 900), 2, 4);
    world.after(2 * SECOND, () -> agents.get(1).mute = true);
    world.after(12 * SECOND, () -> agents.get(1).mute = false);
    var r = finish();
    assertThat(r.exitCode()).as(notes()).isZero();
    assertThat(notes()).contains("node n1 is lost: silent", "message.refused");
    assertEachStepOnce();
  }

  @Test
  void givenMasterRestarts_whenJournalIsReplayed_thenLargerGenerationGoesOnWithoutLoss() {
    var spec = spec(4, 4, 1, true, 300);
    start(7, spec, 1, 5);
    world.runUntil(2 * SECOND);
    var journal = List.copyOf(master.journal());
    world.remove(PeerId.MASTER);
    world.runUntil(4 * SECOND);
    var config = JobConfig.of(new RunId("test"), spec, 1, 15 * SECOND, SECOND / 2);
    var replayed = new Job(config);
    replayed.replay(journal.stream().map(e -> (JournalEntry) e).toList());
    master = host(replayed);
    master.on(new JobEvent.Started(2, true, 0));
    agents.get(0).register(5);
    var r = finish();
    assertThat(r.exitCode()).as(notes()).isZero();
    assertThat(r.generations()).isEqualTo(2);
    assertEachStepOnce();
  }

  @Test
  void givenWorkersThatNeverStart_whenTheyFailThriceAlike_thenJobIsNotToBeRequeued() {
    start(8, spec(2, 2, 0, true, 10), 1, 2);
    agents.get(0).launchesFail = true;
    var r = finish();
    assertThat(r.exitCode()).as(notes()).isEqualTo(93);
    assertThat(r.firstCause().trace()).contains("no model");
  }

  @Test
  void givenGroupsThatNeverStep_whenThreeDidNotStartInTime_thenTheJobIsGivenUp() {
    start(9, spec(2, 2, 0, true, 10), 1, 2);
    agents.get(0).neverSteps = true;
    var r = finish();
    assertThat(r.exitCode()).as(notes()).isEqualTo(93);
    assertThat(r.reason()).contains("times=3");
    assertThat(notes()).contains("generation 3 did not start training in time");
  }

  @Test
  void givenWorkersThatNeverGetReady_whenTheMasterRestartsMeanwhile_thenOthersAreStarted() {
    var spec = patient(spec(2, 2, 0, true, 50));
    start(10, spec, 1, 2);
    agents.get(0).launchesHang = true;
    world.runUntil(SECOND);
    restartMaster(spec, 1, 0);
    agents.get(0).register(2);
    agents.get(0).launchesHang = false;
    assertThat(finish().exitCode()).as(notes()).isZero();
    assertThat(notes()).contains("is not ready after");
  }

  /** An operator's signal to an agent: its workers are asked to end, and nobody is blamed. */
  @Test
  void givenANodeThatLeaves_whenTheOthersGoOn_thenItsWorkersAreShutDownAndNoErrorIsCharged() {
    start(19, spec(4, 2, 2, true, 400), 2, 4);
    world.runUntil(2 * SECOND);
    var leaving = new ToMaster.Leaving(new NodeId("n1"), "signal");
    master.on(new JobEvent.FromAgent(new NodeId("n1"), leaving));
    world.runUntil(3 * SECOND);
    assertThat(agents.get(1).workers()).as(notes()).isEmpty();
    var r = finish();
    assertThat(r.exitCode()).as(notes()).isZero();
    assertThat(notes()).contains("node n1 is lost: signal").doesNotContain("USER_ERROR");
    assertEachStepOnce();
  }

  private Job restartMaster(JobSpec spec, int nodes, long lastStep) {
    var journal = List.copyOf(master.journal());
    world.remove(PeerId.MASTER);
    var replayed = new Job(JobConfig.of(new RunId("test"), spec, nodes, 15 * SECOND, SECOND / 2));
    replayed.replay(journal.stream().map(e -> (JournalEntry) e).toList());
    master = host(replayed);
    journal.forEach(master.journal()::add);
    master.on(new JobEvent.Started(2, true, lastStep));
    return replayed;
  }

  private void drop(int agent, long forNs, int slots) {
    var a = agents.get(agent);
    a.mute = true;
    master.on(new JobEvent.LinkLost(new NodeId("n" + agent), "reset"));
    world.after(
        forNs,
        () -> {
          a.mute = false;
          a.register(slots);
        });
  }

  /**
   * Its workers were given up with it, the group shrank for want of room, and now they are there
   * again.
   */
  @Test
  void givenShrunkGroup_whenALostNodeComesBackWithItsWorkers_thenTheGroupGrowsAgain() {
    start(11, spec(4, 2, 0, true, 2000), 2, 2);
    world.after(2 * SECOND, () -> drop(1, 5 * SECOND, 2));
    assertThat(world.runUntil(() -> result != null, 20 * SECOND)).isFalse();
    assertThat(notes()).contains("2 workers from step").contains("the group grows");
    assertThat(finish().exitCode()).as(notes()).isZero();
    assertEachStepOnce();
  }

  /**
   * A new process is on its way for the one that died, and the only ones that hold the state are
   * cut off for a moment.
   */
  @Test
  void givenGathering_whenTheLastHoldersAreSuspectForAMoment_thenTheirStepsAreNotGivenUp() {
    start(12, spec(2, 1, 0, true, 300), 2, 1);
    world.after(2 * SECOND, () -> agents.get(1).kill(new WorkerId(new NodeId("n1"), 0)));
    world.after(2 * SECOND + ModelAgent.START_NS - 100_000_000, () -> drop(0, 600_000_000, 1));
    var r = finish();
    assertThat(r.exitCode()).as(notes()).isZero();
    assertThat(notes()).doesNotContain("committed steps are redone");
    assertEachStepOnce();
  }

  @Test
  void givenMasterDiesWhileTheJobEnds_whenItIsResumed_thenTheJobIsOver() {
    var spec = spec(2, 2, 0, true, 2000);
    start(13, spec, 1, 2);
    world.runUntil(2 * SECOND);
    master.on(new JobEvent.StopRequested("asked"));
    agents.get(0).die();
    restartMaster(spec, 1, 0);
    assertThat(finish().state()).isEqualTo(RunState.CANCELLED);
  }

  @Test
  void givenMasterDiesAfterTheEnd_whenItIsResumed_thenItSaysTheResultAgain() {
    var spec = spec(2, 2, 0, true, 20);
    start(14, spec, 1, 2);
    var first = finish();
    result = null;
    restartMaster(spec, 1, 20);
    assertThat(finish()).isEqualTo(first);
  }

  @Test
  void givenCancelledJob_whenANodeLeavesMeanwhile_thenItIsStillCancelledAndNobodyIsBlamed() {
    start(15, spec(2, 2, 0, true, 2000), 2, 1);
    world.runUntil(2 * SECOND);
    agents.forEach(a -> a.mute = true);
    master.on(new JobEvent.StopRequested("asked"));
    master.on(
        new JobEvent.FromAgent(new NodeId("n1"), new ToMaster.Leaving(new NodeId("n1"), "signal")));
    var r = finish();
    assertThat(r.state()).isEqualTo(RunState.CANCELLED);
    assertThat(r.firstCause()).as(notes()).isNull();
  }

  @Test
  void givenRankZeroEvaluates_whenTheMasterRestarts_thenTheFinishedGroupIsNotFormedAnew() {
    var spec = spec(2, 2, 0, true, 20);
    start(16, spec, 1, 2);
    shared.evaluationNs = 8 * SECOND;
    assertThat(world.runUntil(() -> notes().contains("rank 0 evaluates"), 60 * SECOND)).isTrue();
    world.runUntil(world.nowNs() + SECOND);
    restartMaster(spec, 1, 20);
    agents.get(0).register(2);
    var r = finish();
    assertThat(r.exitCode()).as(notes()).isZero();
    assertThat(r.generations()).isEqualTo(1);
  }

  /** The verdict's kill was lost with the link. */
  @Test
  void givenCondemnedWorker_whenItsNodeComesBackWithIt_thenItIsKilledAgain() {
    start(17, spec(2, 1, 0, true, 300), 1, 2);
    world.runUntil(2 * SECOND);
    var worker = new WorkerId(new NodeId("n0"), 1);
    agents.get(0).mute = true;
    master.on(
        new JobEvent.FromAgent(
            new NodeId("n0"),
            new ToMaster.WorkerHung(
                worker, new dev.muster.protocol.Generation(1), 5, SECOND, "test")));
    world.runUntil(world.nowNs() + SECOND / 10);
    drop(0, SECOND / 2, 2);
    world.runUntil(world.nowNs() + 2 * SECOND);
    assertThat(agents.get(0).workers()).as(notes()).doesNotContain(worker);
    assertThat(finish().exitCode()).as(notes()).isZero();
  }

  /**
   * While nobody acknowledges, the group lives as long as its leases: none may be renewed, and the
   * wait covers the last one.
   */
  @Test
  void givenNobodyAcknowledges_whenItsNodeRegistersMeanwhile_thenNoGroupFormsWithinTheNewLease() {
    start(18, spec(1, 1, 1, true, 2000), 2, 1);
    world.runUntil(2 * SECOND);
    var member = onlyMember();
    var holder = agents.get(member.node().name().equals("n0") ? 0 : 1);
    holder.deaf = true; // beats and registers, but obeys nothing
    master.on(
        new JobEvent.FromAgent(
            member.node(),
            new ToMaster.WorkerHung(
                member, new dev.muster.protocol.Generation(1), 5, SECOND, "test")));
    assertThat(world.runUntil(() -> notes().contains("generation 2: "), 120 * SECOND))
        .as(notes())
        .isTrue();
    assertThat(world.nowNs() - holder.leasedNs).as(notes()).isGreaterThan(15 * SECOND);
  }

  private WorkerId onlyMember() {
    return master.notes().stream()
        .filter(note -> note.topic().equals("generation.formed"))
        .map(note -> (List<?>) note.fields().get("members"))
        .map(members -> WorkerId.parse(members.getFirst().toString()))
        .findFirst()
        .orElseThrow();
  }

  /**
   * Random kills, also during recoveries: every step is committed once as long as one member
   * survives each incident.
   */
  @Test
  void givenRandomKills_whenRun_thenEachStepIsCommittedOnceAndTheJobEnds() {
    for (long seed = 1; seed <= 300; seed++) {
      start(seed, spec(4, 1, (int) (seed % 3), seed % 2 == 0, 200), 2, 5);
      long s = seed;
      for (int k = 0; k < 6; k++) {
        long at = SECOND / 2 + Math.floorMod(CounterRandom.mix(s, "when", 0, k), 4 * SECOND);
        int index = k;
        world.after(at, () -> killAny(s, index));
      }
      var r = finish();
      boolean lostAll = notes().contains("committed steps are redone") || r.exitCode() == 75;
      assertThat(r.exitCode()).as("seed=%d %s", seed, notes()).isIn(0, 75);
      if (!lostAll) {
        assertThat(shared.commits).as("seed=%d %s", seed, notes()).hasSize(200);
        assertEachStepOnce();
      }
    }
  }

  private void killAny(long seed, int index) {
    var agent =
        agents.get(Math.floorMod((int) CounterRandom.mix(seed, "node", 0, index), agents.size()));
    var alive = agent.workers();
    if (!alive.isEmpty()) {
      agent.kill(
          alive.get(Math.floorMod((int) CounterRandom.mix(seed, "who", 0, index), alive.size())));
    }
  }

  @Test
  void givenSameSeed_whenRunTwice_thenSameTrace() {
    var hashes = new ArrayList<Long>();
    for (int i = 0; i < 2; i++) {
      start(99, spec(4, 2, 1, true, 100), 2, 4);
      world.after(SECOND, () -> killAny(99, 1));
      finish();
      hashes.add(world.traceHash());
    }
    assertThat(hashes.get(0)).isEqualTo(hashes.get(1));
  }

  @Test
  void givenRankZeroDiesWhileItEvaluates_whenReplaced_thenTheNewRankZeroEvaluates() {
    start(1, spec(3, 3, 0, true, 20), 1, 4);
    shared.evaluationNs = 10 * SECOND;
    assertThat(world.runUntil(() -> shared.committed == 20, 60 * SECOND)).isTrue();
    world.runUntil(() -> false, SECOND);
    agents.getFirst().kill(new WorkerId(new NodeId("n0"), 0));
    var r = finish();
    assertThat(r.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(r.finalLoss()).isEqualTo(1.5);
    assertThat(r.report()).containsExactly("ok");
    assertThat(r.recoveries()).hasSize(1);
    assertEachStepOnce();
  }

  @Test
  void givenRankZeroDiesWhileItEvaluates_whenNobodyMayReplaceIt_thenTheCommittedStepsStillCount() {
    start(1, spec(3, 3, 0, false, 20), 1, 3);
    shared.evaluationNs = 10 * SECOND;
    assertThat(world.runUntil(() -> shared.committed == 20, 60 * SECOND)).isTrue();
    world.runUntil(() -> false, SECOND);
    agents.getFirst().kill(new WorkerId(new NodeId("n0"), 0));
    var r = finish();
    assertThat(r.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(r.reason()).contains("committed 20 steps, without an evaluation", "below minimum");
    assertThat(r.parametersDigest()).isEqualTo("abc");
  }
}
