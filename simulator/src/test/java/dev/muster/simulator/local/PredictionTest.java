package dev.muster.simulator.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.job.JobConfig;
import dev.muster.protocol.RunId;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.simulator.drill.Catalogue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The catalogue's drill for one machine, as it is predicted. */
class PredictionTest {
  private static final long HORIZON_NS = 60_000_000_000L;
  private static final MeasuredCosts COSTS =
      new MeasuredCosts("a test", 20, 3000, 30, 1000, 15, 40, 30, 50, 6);

  private static Observed play(long seed) throws JobSpecException {
    return play(seed, COSTS);
  }

  private static Observed play(long seed, MeasuredCosts costs) throws JobSpecException {
    var overrides =
        Map.of(
            "muster.job.workers",
            "4",
            "muster.job.spares",
            "2",
            "muster.job.steps",
            "1000000000",
            "muster.job.max-infrastructure-failures",
            "1000000",
            "muster.agents.count",
            "2",
            "muster.worker.command",
            "[x]");
    var config = JobConfig.of(new RunId("test"), JobSpecReader.read(List.of(), overrides));
    var plan = LocalPlan.of(Catalogue.drill("local-crashes"), seed, 2, HORIZON_NS);
    assertThat(plan.faults()).hasSizeGreaterThan(5);
    return Prediction.play(plan, config, costs, 2, seed, HORIZON_NS);
  }

  @Test
  void givenTheLocalDrill_whenPredicted_thenEachRecoveryCostsWhatWasMeasured() throws Exception {
    var observed = play(3);
    assertThat(observed.recoveries()).isNotEmpty();
    assertThat(observed.recoveries())
        .filteredOn(r -> PredictedMeasured.Cause.of(r) == PredictedMeasured.Cause.CRASH)
        .filteredOn(r -> r.kind() == dev.muster.protocol.run.Recovery.Kind.SPARE)
        .isNotEmpty()
        .allSatisfy(r -> assertThat(r.detectMs()).isBetween(14.0, 17.0));
    assertThat(observed.goodput()).isBetween(0.5, 1.0);
    assertThat(observed.struck()).isNotEmpty();
  }

  @Test
  void givenColdStepsAfterARecovery_whenPredicted_thenTheyCostWhatTheyAreSlower() throws Exception {
    var warm = new MeasuredCosts("a test", 20, 0, 20, 1000, 15, 40, 30, 50, 6);
    long lost = play(3, warm).steps() - play(3, COSTS).steps();
    long recoveries = play(3, COSTS).recoveries().size();
    assertThat(lost).isPositive();
    assertThat(lost).isLessThanOrEqualTo(recoveries * (3000 / 20 - 3000 / 30 + 2));
    var one = new MeasuredCosts("a test", 20, 100, 40, 1000, 15, 40, 30, 50, 6);
    assertThat(play(3, warm).steps() - play(3, one).steps())
        .as("a step or two for each of %d recoveries", recoveries)
        .isBetween(recoveries, 4 * recoveries);
  }

  @Test
  void givenTheSameSeed_whenPredictedTwice_thenItIsTheSame() throws Exception {
    assertThat(play(5)).isEqualTo(play(5));
  }

  @Test
  void givenFaultsThatNoProcessCanMeet_whenPlanned_thenTheyAreListedWithTheReason() {
    var plan = LocalPlan.of(Catalogue.drill("control-plane"), 1, 2, 3600_000_000_000L);
    assertThat(plan.impossible()).singleElement().asString().contains(" x partition", "one host");
    assertThat(plan.faults()).extracting(LocalFault::verb).contains(LocalFault.Verb.MASTER_KILL);
    assertThat(plan.faults()).allSatisfy(fault -> assertThat(fault.agent()).isBetween(0, 1));
  }
}
