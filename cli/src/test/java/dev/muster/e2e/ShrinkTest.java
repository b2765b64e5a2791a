package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.RunState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A job whose dead ranks are not replaced goes on with fewer, down to its minimum. */
@Timeout(120)
class ShrinkTest {
  private static final int STEPS = 50;
  private static final double TOLERANCE = 1e-5;

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  /**
   * Another world size adds the same numbers in another order, so bits differ and values hardly do.
   */
  @Test
  void givenTwoDeathsWithoutReplacement_whenShrunkTo2_thenEveryLossIsThatOfTheUndisturbedRun() {
    var expected = SmallModel.undisturbed(muster, 4, STEPS);
    var run =
        muster.run(
            SmallModel.flags(
                4,
                STEPS,
                "--spares",
                "0",
                "--no-replace",
                "--min-workers",
                "2",
                "--fail",
                "rank=3@step=15",
                "--fail",
                "rank=0@step=30"));
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.samples().delivered()).isEqualTo(expected.result().samples().delivered());
    assertThat(result.recoveries())
        .extracting(Recovery::kind)
        .containsExactly(Recovery.Kind.SHRINK, Recovery.Kind.SHRINK);
    assertThat(result.finalLoss())
        .isCloseTo(
            expected.result().finalLoss(), within(TOLERANCE * expected.result().finalLoss()));
    assertSameLosses(expected, SmallModel.losses(run));
  }

  private static void assertSameLosses(
      SmallModel.Outcome expected, java.util.TreeMap<Long, Double> actual) {
    assertThat(actual.keySet()).isEqualTo(expected.losses().keySet()).hasSize(STEPS);
    double worst = 0;
    for (var loss : expected.losses().entrySet()) {
      worst =
          Math.max(worst, Math.abs(actual.get(loss.getKey()) - loss.getValue()) / loss.getValue());
    }
    System.out.println("largest relative difference of a loss over " + STEPS + " steps: " + worst);
    assertThat(worst).isPositive().isLessThanOrEqualTo(TOLERANCE);
  }

  @Test
  void givenFewerThanTheMinimum_whenNobodyComes_thenWaitsAsConfiguredAndSaysWhy() {
    var run =
        muster.run(
            SmallModel.flags(
                3,
                1_000_000,
                "--spares",
                "0",
                "--no-replace",
                "--min-workers",
                "2",
                // also for the first group, whose processes may start slowly
                "-Dmuster.job.wait-for-workers=20s"));
    run.awaitStep(5);
    ProcessTable.kill(run.rankPid(1));
    run.awaitEvent("recovery.done");
    var two = run.awaitProgress("two workers", p -> p.ranks().size() == 2);
    ProcessTable.kill(two.ranks().getLast().pid());
    var waiting = run.awaitEvent("job.detail", e -> e.text().contains("minWorkers=2 usable=1"));
    var ending = run.awaitEvent("job.ending");
    assertThat(ending.atEpochMillis() - waiting.atEpochMillis()).isBetween(19_900L, 60_000L);
    var result = run.awaitResult();
    assertThat(run.awaitExit()).isEqualTo(75);
    assertThat(result.state()).isEqualTo(RunState.FAILED);
    assertThat(result.reason())
        .contains("below minimum", "minWorkers=2", "present=1", "waitSeconds=20.0");
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.firstCause().text()).contains("SIGKILL");
    assertThat(run.output()).contains("below minimum", "(exit code 75)");
  }
}
