package dev.muster.simulator.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.protocol.run.Recovery;
import dev.muster.simulator.local.PredictedMeasured.Cause;
import dev.muster.simulator.local.PredictedMeasured.Sample;
import dev.muster.simulator.local.PredictedMeasured.Total;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The arithmetic of the comparison. */
class PredictedMeasuredTest {
  private static final MeasuredCosts COSTS =
      new MeasuredCosts("a test", 20, 0, 20, 1000, 15, 40, 30, 50, 6);
  private static final String CRASH = "rank 1 (worker n0/1, pid 7) ended with SIGKILL";

  private static Recovery recovery(String cause, double detectMs, long redone) {
    return new Recovery(
        2, cause, detectMs, 1, 4, 40, 30, 50, detectMs + 125, redone, Recovery.Kind.SPARE);
  }

  private static Observed observed(long steps, List<Recovery> recoveries) {
    return observed(steps, 20_000_000, recoveries);
  }

  private static Observed observed(long steps, long stepNs, List<Recovery> recoveries) {
    long redone = recoveries.stream().mapToLong(Recovery::stepsRedone).sum();
    long generations = recoveries.size() + 1;
    return new Observed(steps, redone, generations, 60_000_000_000L, stepNs, recoveries, List.of());
  }

  private static PredictedMeasured compare(Observed predicted, Observed measured) {
    var plan = new LocalPlan(List.of(), List.of("partition: no network"));
    return PredictedMeasured.of("d", 1, "quiet", COSTS, plan, predicted, measured);
  }

  @Test
  void givenTenRecoveries_whenCompared_thenPercentilesAreOfNearestRank() {
    var measured = IntStream.rangeClosed(1, 10).mapToObj(n -> recovery(CRASH, n, 1)).toList();
    var compared =
        compare(observed(2900, List.of(recovery(CRASH, 15, 0))), observed(2700, measured));
    var detect = compared.phases().getFirst();
    assertThat(detect.phase()).isEqualTo("detect");
    assertThat(detect.predicted()).isEqualTo(new Sample(1, 15, 15));
    assertThat(detect.measured()).isEqualTo(new Sample(10, 5, 9));
    assertThat(compared.phases())
        .extracting(PredictedMeasured.Phase::phase)
        .containsExactly("detect", "decide and revoke", "regroup", "state and first step", "total");
    assertThat(compared.phases().get(1).measured().p50()).isEqualTo(5);
    assertThat(compared.phases().get(3).measured().p90()).isEqualTo(80);
  }

  @Test
  void givenStepsAndTime_whenCompared_thenGoodputIsTheirShareByTheStepOfTheirOwnRun() {
    var totals =
        compare(
                observed(2900, List.of()),
                observed(2700, 18_000_000, List.of(recovery(CRASH, 9, 3))))
            .totals();
    assertThat(totals)
        .contains(
            new Total("steps", 2900, 2700),
            new Total("steps redone", 0, 3),
            new Total("recoveries", 0, 1),
            new Total("generations", 1, 2));
    assertThat(totals.getLast().predicted()).isEqualTo(2900 * 0.020 / 60, within(1e-12));
    assertThat(totals.getLast().measured()).isEqualTo(2700 * 0.018 / 60, within(1e-12));
  }

  @Test
  void givenCausesInTheWordsOfTheCore_whenCompared_thenEachIsOnItsOwn() {
    var all =
        List.of(
            recovery(CRASH, 1, 0),
            recovery(
                "rank 0 (worker n0/0) hangs in step 7: no progress for 2.1 s: x; killed", 2, 0),
            recovery("node n1 lost: silent for 5.0 s", 3, 0),
            recovery("master restarted", 4, 0));
    assertThat(all).extracting(Cause::of).containsExactly(Cause.values());
    var one = compare(observed(1, List.of()), observed(1, all)).phases();
    assertThat(one).hasSize(4 * 5);
    assertThat(one.getFirst().predicted().count()).isZero();
    assertThat(one.getFirst().predicted().p50()).isNaN();
  }

  @Test
  void givenMeasuredCosts_whenTurnedIntoAWorld_thenASlowFirstStepIsPartOfRestoring() {
    var costs = COSTS.costs();
    assertThat(costs.stepNs()).isEqualTo(20_000_000);
    assertThat(costs.restoreNs()).isEqualTo(60_000_000);
    assertThat(costs.joinNs()).isEqualTo(37_500_000);
    var crashes = List.of(recovery(CRASH, 10, 0), recovery(CRASH, 30, 0), recovery(CRASH, 20, 0));
    assertThat(MeasuredCosts.of("x", 20, new ColdSteps(6000, 28), List.of(900.0, 1100.0), crashes))
        .isEqualTo(new MeasuredCosts("x", 20, 6000, 28, 900, 20, 40, 30, 50, 3));
  }
}
