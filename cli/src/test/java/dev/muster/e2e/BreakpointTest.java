package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.e2e.FaultyTrainer.Defect;
import dev.muster.e2e.FaultyTrainer.Plan;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A job ends before its last step: what memory holds is saved, and is gone on from. */
@Timeout(240)
class BreakpointTest {
  private static final int STEPS = 120;
  private static final int THROWS = 58;

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  /** One rank throws, once; snapshots of every step, and no checkpoint is due for an hour. */
  private MusterProcess failing(int workers, String... more) {
    var plan = new Plan(Defect.THROW, 1, THROWS, muster.directory().resolve("thrown"));
    var flags =
        new ArrayList<>(
            List.of(
                "--spares",
                "0",
                "--max-restarts",
                "0",
                "-Dmuster.checkpoint.memory-every=1",
                "-Dmuster.checkpoint.persist=1h"));
    flags.addAll(List.of(more));
    return muster.run(FaultyTrainer.flags(workers, STEPS, plan, flags.toArray(String[]::new)));
  }

  private MusterProcess resumed(MusterProcess run) {
    return muster.command(run.folder(), "run", "--resume", run.folder().root().toString());
  }

  /** The step before the one that failed, or the one before: the newest save may be torn. */
  private static Result assertSaved(MusterProcess run) {
    var result = run.awaitResult();
    assertThat(result.state()).isEqualTo(RunState.FAILED);
    assertThat(result.checkpointStep()).isBetween(THROWS - 2L, THROWS - 1L);
    assertThat(run.output())
        .contains(
            "saved               step "
                + result.checkpointStep()
                + "; go on with: ./muster run"
                + " --resume "
                + run.folder().root());
    assertThat(run.processes()).isEmpty();
    assertThat(run.folder().shared()).as("taken along by the agents").doesNotExist();
    return result;
  }

  private static long startStep(Event formed) {
    return ((Number) formed.fields().get("startStep")).longValue();
  }

  private void assertGoesOn(MusterProcess run, Result failed, Result expected) {
    var again = resumed(run);
    var reopened = again.awaitEvent("job.reopened");
    var formed =
        again.awaitEvent("generation.formed", e -> e.atEpochMillis() >= reopened.atEpochMillis());
    System.out.println(formed.text());
    assertThat(formed.text()).contains("from storage");
    assertThat(startStep(formed)).isEqualTo(failed.checkpointStep());
    var result = again.awaitResult();
    assertThat(result.exitCode()).as(again.output()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.samples().committedSteps()).isEqualTo(STEPS);
    assertThat(result.parametersDigest()).isEqualTo(expected.parametersDigest());
    assertThat(again.folder().root().resolve("result-1.json")).exists();
  }

  @Test
  void givenATrainerThatThrows_whenTheRunHasFailed_thenItIsResumedFromTheStepBefore_bitForBit() {
    var expected = SmallModel.undisturbed(muster, 2, STEPS);
    var run = failing(2);
    var failed = assertSaved(run);
    System.out.println(run.output());
    assertGoesOn(run, failed, expected.result());
    assertThat(SmallModel.losses(run)).as("bit for bit").isEqualTo(expected.losses());
    assertThat(command(run, "checkpoints", "verify", "--deep", run.folder().root().toString()))
        .contains("valid")
        .doesNotContain("damaged");
  }

  @Test
  void givenAShardedStateOnTwoHosts_whenTheRunHasFailed_thenItIsResumedFromTheStepBefore() {
    var sharded = "-Dmuster.worker.settings.zero=1";
    var expected =
        SmallModel.Outcome.of(
            muster.run(SmallModel.flags(3, STEPS, "--agents", "2", "--spares", "0", sharded)));
    var run = failing(3, "--agents", "2", sharded);
    var failed = assertSaved(run);
    assertGoesOn(run, failed, expected.result());
    assertThat(SmallModel.losses(run)).as("bit for bit").isEqualTo(expected.losses());
  }

  private String command(MusterProcess run, String... arguments) {
    var command = muster.command(run.folder(), arguments);
    assertThat(command.awaitExit()).as(command.output()).isZero();
    return command.output();
  }
}
