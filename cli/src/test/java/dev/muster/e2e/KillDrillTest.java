package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.process.LiveWorkers;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ranks die at the worst moments, and the model that comes out is the same bit for bit. */
@Timeout(180)
class KillDrillTest {
  private static final int WORKERS = 4;
  private static final int STEPS = 120;

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  @Test
  void givenKillsAtTheWorstMoments_whenTrained_thenParametersAreBitIdentical() {
    var random = Seed.random(KillDrillTest.class);
    var expected = SmallModel.undisturbed(muster, WORKERS, STEPS);
    var run = muster.run(SmallModel.flags(WORKERS, STEPS, "--spares", "1"));
    try (var killer = new Killer(run, random)) {
      killer.anyAfter(10 + random.nextInt(10));
      killer.inCollectiveAfter(25 + random.nextInt(10));
      killer.anyAfter(45 + random.nextInt(10));
      killer.survivorDuringRecovery();
      killer.anyAfter(70 + random.nextInt(10));
      killer.newcomerWhileRestoring();
      killer.anyAfter(90 + random.nextInt(10));
      var result = run.awaitResult();
      assertSameModel(result, expected);
      assertThat(result.samples().redoneSteps()).isLessThanOrEqualTo(result.generations() - 1);
      // chosen in a collective; what follows an agreement may have begun when the signal came
      assertThat(killer.victims().get(1).phase())
          .isIn(Phase.WAITING, Phase.AGREEING, Phase.APPLYING);
      assertThat(killer.victims().get(5).phase()).isEqualTo(Phase.RESTORING);
      System.out.println("recoveries: " + result.recoveries());
      assertReplayed(run, result);
    }
  }

  /** As a person would: the command on the folder of the run. */
  private void assertReplayed(MusterProcess run, Result result) {
    var replay =
        muster.command(
            run.folder(), "drill", "replay", run.folder().root().toString(), "--verbose");
    assertThat(replay.awaitExit()).as(replay.output()).isZero();
    assertThat(replay.output())
        .contains("same: every decision came out as it was recorded")
        .contains("generation " + result.generations() + " trains after");
  }

  private static void assertSameModel(Result result, SmallModel.Outcome expected) {
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().committedSteps()).isEqualTo(STEPS);
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.parametersDigest())
        .isNotEmpty()
        .isEqualTo(expected.result().parametersDigest());
  }

  @Test
  void givenRankZeroKilledFiveTimes_whenTrained_thenOthersKeepTheirProcessesAndBitsAreIdentical() {
    var expected = SmallModel.undisturbed(muster, WORKERS, STEPS);
    var run = muster.run(SmallModel.flags(WORKERS, STEPS, "--spares", "1"));
    var before = MusterProcess.pids(run.awaitRecoveries(0));
    try (var workers = new LiveWorkers(run.folder())) {
      for (int kill = 1; kill <= 5; kill++) {
        long step = kill * 20L;
        run.await("step " + step, () -> Optional.of(step).filter(s -> workers.step() >= s));
        assertThat(ProcessTable.kill(before.getFirst())).isTrue();
        var after = MusterProcess.pids(run.awaitRecoveries(kill));
        assertOnlyFirstReplaced(before, after);
        before = after;
      }
    }
    var result = run.awaitResult();
    assertSameModel(result, expected);
    assertThat(result.recoveries())
        .hasSize(5)
        .allSatisfy(r -> assertThat(r.cause()).startsWith("rank 0 "));
    assertThat(result.recoveries().getFirst().kind()).isEqualTo(Recovery.Kind.SPARE);
    assertThat(result.samples().redoneSteps()).isLessThanOrEqualTo(5);
  }

  private static void assertOnlyFirstReplaced(List<Long> before, List<Long> after) {
    assertThat(after.getFirst()).isNotIn(before);
    assertThat(after.subList(1, WORKERS)).isEqualTo(before.subList(1, WORKERS));
  }

  @Test
  void givenAllRanksKilledAtOnceAndNothingSaved_whenRestarted_thenStepZeroIsSaidAndCounted() {
    var expected = SmallModel.undisturbed(muster, WORKERS, STEPS);
    var unsaved = "-Dmuster.checkpoint.memory-every=0";
    var run = muster.run(SmallModel.flags(WORKERS, STEPS, "--spares", "1", unsaved));
    long step;
    try (var workers = new LiveWorkers(run.folder())) {
      run.await("step 40", () -> Optional.of(1).filter(s -> workers.step() >= 40));
      workers.members().forEach(w -> ProcessTable.kill(w.pid()));
      step = workers.step();
    }
    run.awaitEvent("generation.formed", e -> e.text().contains("committed steps are redone"));
    var result = run.awaitResult();
    assertSameModel(result, expected);
    assertThat(result.recoveries().getLast().kind()).isEqualTo(Recovery.Kind.RESTART);
    assertThat(result.recoveries().getLast().stepsRedone()).isBetween(step - 1, step + 1);
    assertThat(result.samples().redoneSteps()).isBetween(step - 1, step + 2);
  }
}
