package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.e2e.FaultyTrainer.Defect;
import dev.muster.e2e.FaultyTrainer.Plan;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the user's own code throws is charged to the user, named with its stack trace, and not
 * retried for ever.
 */
@Timeout(120)
class TrainerFailureTest {
  @RegisterExtension final MusterRuns muster = new MusterRuns();

  @Test
  void givenATrainerThatAlwaysThrowsAtAStep_whenItThrewThreeTimes_thenDoNotRequeue() {
    var run =
        muster.run(
            FaultyTrainer.flags(2, 20, new Plan(Defect.THROW, -1, 7, null), "--spares", "0"));
    var result = assertFailed(run, 93);
    assertThat(result.reason()).contains("times=3");
    assertThat(result.firstCause().step()).isEqualTo(7);
    assertThat(
            run.events("failure.charged").stream()
                .filter(e -> e.text().contains("restarting"))
                .count())
        .isEqualTo(2);
    assertThat(result.samples().exactlyOnce()).isTrue();
  }

  @Test
  void givenNoRestarts_whenOneRankThrows_thenFailedWithTheFirstCause() {
    var run =
        muster.run(
            FaultyTrainer.flags(
                3, 20, new Plan(Defect.THROW, 1, 7, null), "--spares", "0", "--max-restarts", "0"));
    var result = assertFailed(run, 1);
    assertThat(result.firstCause().rank()).isEqualTo(1);
    assertThat(result.firstCause().worker()).isNotEmpty();
  }

  private static Result assertFailed(MusterProcess run, int exitCode) {
    var result = run.awaitResult();
    assertThat(run.awaitExit()).isEqualTo(exitCode);
    assertThat(result.exitCode()).isEqualTo(exitCode);
    assertThat(result.state()).isEqualTo(RunState.FAILED);
    assertThat(result.firstCause().trace())
        .contains(
            "IllegalStateException: loss is not a number", "at dev.muster.e2e.FaultyTrainer.show");
    assertThat(run.output())
        .contains(
            "first cause",
            "loss is not a number: learningRate=1e9",
            "at dev.muster.e2e.FaultyTrainer.show",
            "(exit code " + exitCode + ")");
    return result;
  }

  @Test
  void givenATrainerThatThrowsOnce_whenRestarted_thenTheRunSucceedsWithTheSameParameters() {
    var expected = SmallModel.undisturbed(muster, 4, 50);
    var once = muster.directory().resolve("thrown");
    var run =
        muster.run(
            FaultyTrainer.flags(
                4,
                50,
                new Plan(Defect.THROW, 3, 20, once),
                "--spares",
                "0",
                "--max-restarts",
                "1"));
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.firstCause()).isNull();
    assertThat(result.recoveries()).hasSize(1);
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.parametersDigest()).isEqualTo(expected.result().parametersDigest());
  }

  @Test
  void givenAConstructorThatThrows_whenThreeWorkersFailedAlike_thenDoNotRequeueWithItsTrace() {
    var run =
        muster.run(
            FaultyTrainer.flags(2, 20, new Plan(Defect.CONSTRUCTOR, -1, 0, null), "--spares", "0"));
    var result = run.awaitResult();
    assertThat(run.awaitExit()).isEqualTo(93);
    assertThat(result.firstCause().trace())
        .contains(
            "IllegalArgumentException: no such optimizer: name=adamwx",
            "at dev.muster.e2e.FaultyTrainer");
    assertThat(run.output()).contains("no such optimizer: name=adamwx", "(exit code 93)");
  }
}
