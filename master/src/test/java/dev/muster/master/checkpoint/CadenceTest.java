package dev.muster.master.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.checkpoint.Interval.Tier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Steps of 100 ms; rounds of which all is work, and which take a share of it from the steps. */
final class CadenceTest {
  private static final long MS = 1_000_000L;
  private static final long SECOND = 1_000 * MS;
  private static final long HOUR = 3600 * SECOND;
  private static final long STEP_NS = 100 * MS;

  /** Ten rounds that take {@code roundMs} each, in which steps are slower by {@code blockedMs}. */
  private static RoundCosts costs(long roundMs, long blockedMs) {
    var costs = RoundCosts.NONE;
    for (int i = 0; i < 10; i++) {
      costs =
          costs
              .outside(60 * SECOND, 600)
              .inside(roundMs * MS, (roundMs - blockedMs) * MS / STEP_NS, 0);
    }
    return costs;
  }

  private static Cadence decide(RoundCosts costs, FailureRate failures) {
    return Cadence.decide(Tier.STORAGE, costs, 60 * SECOND, failures, Cadence.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    // round, blocked, failures, hours seen: about sqrt(2 x blocked x time between failures)
    "10000,  1000,  0,   0,   413, 437", // prior: 24 h
    "10000,  1000,  9,  96,   288, 300", // 12 h
    "10000,  1000, 99,  96,    90,  96", // 1.2 h
    "10000,  2000,  0,   0,   584, 592",
    "30000, 30000,  0,   0,  1800, 1800", // ceiling; best would be 2,250 s
    "400,      0,   99,  0,    10,  10", // floor
    "30000,     0,  99, 96,    60, 122", // at most half of the time in rounds
    "10000,     0,   0,   0,  270, 310", // less than a twentieth cannot be seen
  })
  void givenCostsAndFailures_whenDecided_thenTheBestWithinTheBounds(
      long roundMs, long blockedMs, int failures, long hours, long leastS, long mostS) {
    var cadence =
        decide(costs(roundMs, blockedMs), new FailureRate(failures, hours * HOUR, 24 * HOUR));
    assertThat(cadence.intervalNs() / 1e9)
        .as(cadence.reason())
        .isBetween((double) leastS, (double) mostS);
    assertThat(cadence.intervalNs()).isGreaterThanOrEqualTo(2 * roundMs * MS);
  }

  @Test
  void givenNoRoundYet_whenDecided_thenTheFirstComesSoonToBeMeasured() {
    var unknown = decide(RoundCosts.NONE.outside(HOUR, 36_000), new FailureRate(0, 0, HOUR));
    assertThat(unknown.intervalNs()).isEqualTo(Cadence.MIN_NS);
    assertThat(unknown.reason()).isEqualTo("STORAGE no round has been measured yet");
  }

  @Test
  void givenTheReason_whenRead_thenCostRateAndRestartAreInIt() {
    assertThat(decide(costs(10_000, 1_000), new FailureRate(9, 96 * HOUR, 24 * HOUR)).reason())
        .contains("STORAGE steps=")
        .contains("blockedSeconds=1.00")
        .contains("restartSeconds=60")
        .contains("mttfSeconds=4.320e+04")
        .contains("failures=9")
        .contains("rounds=10 lastRoundSeconds=10.0");
  }

  @Test
  void givenAStepThatTakesAnHour_whenDecided_thenEachIsSaved() {
    var slow = RoundCosts.NONE.outside(10 * HOUR, 10).inside(60 * SECOND, 0, 0);
    var cadence = decide(slow, new FailureRate(0, 0, 24 * HOUR));
    assertThat(cadence.steps()).isEqualTo(1);
    assertThat(cadence.intervalNs()).isEqualTo(HOUR);
  }

  @Test
  void givenHardlyOtherCosts_whenDecidedAgain_thenTheIntervalStays() {
    var failures = new FailureRate(0, 0, 24 * HOUR);
    var first = decide(costs(10_000, 1_000), failures);
    var again = Cadence.decide(Tier.STORAGE, costs(10_000, 1_100), 60 * SECOND, failures, first);
    assertThat(again.steps()).isEqualTo(first.steps());
    assertThat(again.differs(first)).isFalse();
    var dear = Cadence.decide(Tier.STORAGE, costs(10_000, 9_000), 60 * SECOND, failures, first);
    assertThat(dear.differs(first)).isTrue();
  }
}
