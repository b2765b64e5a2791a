package dev.muster.simulator.oracle;

import static dev.muster.simulator.account.TimeClass.CHECKPOINT;
import static dev.muster.simulator.account.TimeClass.DECIDE;
import static dev.muster.simulator.account.TimeClass.DETECT;
import static dev.muster.simulator.account.TimeClass.REDONE;
import static dev.muster.simulator.account.TimeClass.REVOKE;
import static dev.muster.simulator.account.TimeClass.SLOW;
import static dev.muster.simulator.account.TimeClass.STRANDED;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import java.math.BigInteger;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Share of the time that counts, played with the production cores, against closed forms. */
class EffectiveTimeTest {

  /**
   * Llama 3 (419 failures in 54 days, ten minutes to restart); failures so frequent that the first
   * order is far off; and a synchronous job of 100,000 GPUs that fails every 18 minutes.
   */
  @ParameterizedTest
  @CsvSource({
    // mean gap s, restart s, interval s, stall s, step s, days, seeds, closed form
    "11135.08, 600, 471.6, 10, 1.31, 200, 6, 0.9079",
    "1800,     600, 1200,  10, 1,    100, 10, 0.4983",
    "1080,     600, 1,     0,  1,    60,  10, 0.5735",
  })
  void givenFailuresAtRandom_whenPlayed_thenItIsTheRenewalForm(
      double gap,
      double restart,
      double interval,
      double stall,
      double step,
      int days,
      int seeds,
      double closedForm) {
    var model = new Renewal(1 / gap, restart, interval, stall);
    assertThat(model.effectiveTime()).isCloseTo(closedForm, within(1e-4));
    var drill = OneWorker.drill((long) (gap * 1e3) + "ms", model, step, days);
    assertThat(OneWorker.effectiveTime(drill, seeds)).isCloseTo(closedForm, within(0.005));
  }

  @Test
  void givenFrequentFailures_whenPlayed_thenTheFirstOrderWouldBeWrong() {
    var model = new Renewal(1 / 1800.0, 600, 1200, 10);
    double played = OneWorker.effectiveTime(OneWorker.drill("30m", model, 1, 100), 1);
    assertThat(played - model.firstOrder()).isGreaterThan(0.15);
  }

  @Test
  void givenFailuresAtRegularTimes_whenPlayed_thenEachCostsOneRestart() {
    var model = new Renewal(0, 600, 1, 0);
    var drill = OneWorker.drill("{ exactly = 18m }", model, 1, 30);
    assertThat(OneWorker.effectiveTime(drill, 1)).isCloseTo((18 - 10) / 18.0, within(0.005));
  }

  /** The same failures for every interval, so that the curve is smooth. */
  @Test
  void givenManyIntervals_whenPlayed_thenTheBestIsThatOfYoungAndDaly() {
    var model = new Renewal(1 / 10_800.0, 300, 0, 60);
    double young = model.young();
    double[] factors = {0.25, 0.5, 0.7, 0.85, 1, 1.2, 1.4, 2, 4};
    double[] played =
        DoubleStream.of(factors)
            .map(factor -> played(model.every(Math.rint(factor * young))))
            .toArray();
    int best = 0;
    for (int i = 0; i < factors.length; i++) {
      var at = model.every(Math.rint(factors[i] * young));
      assertThat(played[i]).as("%s", at).isCloseTo(at.effectiveTime(), within(0.005));
      best = played[i] > played[best] ? i : best;
    }
    assertThat(factors[best]).isBetween(0.7, 1.4);
    assertThat(played[best]).isGreaterThan(Math.max(played[0], played[factors.length - 1]) + 0.02);
  }

  private static double played(Renewal model) {
    return OneWorker.effectiveTime(OneWorker.drill("3h", model, 1, 150), 3);
  }

  @Test
  void givenNoFault_whenPlayed_thenNoTimeIsLostAndEveryStepCounts() {
    var drill =
        DrillReader.parse(
            "horizon = 2h, fleet { nodes = 4, slots = 3 }, job { workers = 8, spares = 2, step = 1s"
                + " }");
    var start = new Moments();
    var outcome = DrillRun.play(drill, 1, HostKind.CORE, start);
    long trainedNs = drill.horizonNs() - start.trainsNs();
    assertThat(outcome.steps()).isEqualTo(trainedNs / 1_000_000_000L);
    assertThat(outcome.account().gpuNs())
        .containsAllEntriesOf(
            Stream.of(REDONE, SLOW, CHECKPOINT, DETECT, DECIDE, REVOKE, STRANDED)
                .collect(toMap(lost -> lost, lost -> BigInteger.ZERO)));
  }
}
