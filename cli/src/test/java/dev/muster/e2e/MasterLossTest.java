package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.process.LiveWorkers;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The master is killed in the middle of training: the workers go on, and a new master takes over.
 */
@Timeout(180)
class MasterLossTest {
  private static final int WORKERS = 2;
  private static final int STEPS = 150;

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  /** Kills the master of {@code run} once the step is committed; returns the last step seen. */
  private static long killMaster(MusterProcess run, LiveWorkers workers, long step) {
    run.await("step " + step, () -> Optional.of(step).filter(s -> workers.step() >= s));
    assertThat(ProcessTable.kill(run.masterPid())).isTrue();
    return workers.step();
  }

  private MusterProcess resumed(MusterProcess run) {
    assertThat(run.awaitExit()).isEqualTo(75);
    assertThat(run.output())
        .contains("the master is gone", "./muster run --resume " + run.folder().run());
    return muster.command(run.folder(), "run", "--resume", run.folder().run().name());
  }

  private static void assertSameModel(Result result, SmallModel.Outcome expected) {
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.samples().committedSteps()).isEqualTo(expected.result().steps());
    assertThat(result.parametersDigest()).isEqualTo(expected.result().parametersDigest());
  }

  @Test
  void givenLivingWorkers_whenResumedWithinTheLease_thenALargerGenerationGoesOnWithoutALostStep()
      throws Exception {
    int steps = 700;
    var slow = "-Dmuster.worker.settings.hidden=1024";
    var expected =
        SmallModel.Outcome.of(muster.run(SmallModel.flags(WORKERS, steps, "--spares", "0", slow)));
    var run =
        muster.run(
            SmallModel.flags(WORKERS, steps, "--spares", "0", slow, "-Dmuster.master.lease=2m"));
    try (var workers = new LiveWorkers(run.folder())) {
      long seen = killMaster(run, workers, 50);
      var before = workers.members();
      run.awaitExit();
      long later = workers.step();
      assertThat(Await.that(Await.LONG, () -> workers.step() > later))
          .as("steps without a master")
          .isTrue();
      var again = resumed(run);
      var resumed = again.awaitEvent("master.resumed");
      var formed =
          again.awaitEvent("generation.formed", e -> e.atEpochMillis() >= resumed.atEpochMillis());
      assertThat(((Number) formed.fields().get("startStep")).longValue()).isGreaterThan(later);
      assertThat(formed.fields()).containsEntry("lostSteps", 0);
      var result = again.awaitResult();
      assertSameModel(result, expected);
      assertThat(result.generations()).isEqualTo(2);
      assertThat(result.recoveries())
          .singleElement()
          .satisfies(r -> assertThat(r.kind()).isEqualTo(Recovery.Kind.REBUILD));
      assertThat(result.samples().redoneSteps()).isLessThanOrEqualTo(1);
      assertThat(again.output()).contains("resuming run", "the same workers went on");
      assertThat(workers.look()).as("ended with the run").isEmpty();
      System.out.println(
          "master killed at step "
              + seen
              + " of "
              + before
              + "; resumed at "
              + formed.fields()
              + ": "
              + result.recoveries());
    }
    assertThat(RunFiles.read(run.folder().master(), MasterFile.class))
        .hasValueSatisfying(m -> assertThat(m.incarnation()).isEqualTo(2));
  }

  @Test
  void givenEverythingIsDeadAndNothingWasSaved_whenResumed_thenItBeginsAtStepZeroAndSaysSo() {
    var expected = SmallModel.undisturbed(muster, WORKERS, STEPS);
    var run =
        muster.run(
            SmallModel.flags(
                WORKERS,
                STEPS,
                "--spares",
                "0",
                "-Dmuster.master.lease=3s",
                "-Dmuster.checkpoint.memory-every=0"));
    long seen;
    try (var workers = new LiveWorkers(run.folder())) {
      seen = killMaster(run, workers, 30);
      long killedNs = System.nanoTime();
      run.awaitExit();
      assertThat(
              Await.that(
                  Await.LONG,
                  () -> workers.look().stream().noneMatch(w -> ProcessTable.runs(w.pid()))))
          .isTrue();
      System.out.printf(
          "lease 3 s: workers gone %.1f s after the master%n",
          (System.nanoTime() - killedNs) / 1e9);
    }
    ProcessTable.kill(run.agentPid("n0"));
    assertThat(Await.that(Duration.ofSeconds(10), () -> run.processes().isEmpty()))
        .as("all is dead")
        .isTrue();
    var again = resumed(run);
    var formed =
        again.awaitEvent("generation.formed", e -> e.text().contains("committed steps are redone"));
    assertThat(formed.fields()).containsEntry("startStep", 0);
    assertThat(((Number) formed.fields().get("lostSteps")).longValue())
        .isGreaterThanOrEqualTo(seen);
    var result = again.awaitResult();
    assertSameModel(result, expected);
    assertThat(result.recoveries())
        .singleElement()
        .satisfies(r -> {
          assertThat(r.kind()).isEqualTo(Recovery.Kind.RESTART);
          assertThat(r.stepsRedone()).isGreaterThanOrEqualTo(seen);
        });
    assertThat(again.output()).contains("committed steps are redone", "redone steps");
  }

  @Test
  void givenWorkersThatFinishWithoutAMaster_whenResumed_thenTheResultIsTheirs() {
    var expected = SmallModel.undisturbed(muster, WORKERS, STEPS);
    var run =
        muster.run(SmallModel.flags(WORKERS, STEPS, "--spares", "0", "-Dmuster.master.lease=2m"));
    try (var workers = new LiveWorkers(run.folder())) {
      killMaster(run, workers, STEPS / 2);
      assertThat(Await.that(Await.LONG, () -> workers.step() == STEPS)).isTrue();
    }
    var result = resumed(run).awaitResult();
    assertSameModel(result, expected);
    assertThat(result.samples().redoneSteps()).isZero();
  }
}
