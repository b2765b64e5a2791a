package dev.muster.master.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.master.checkpoint.Interval.Cost;
import dev.muster.master.checkpoint.Interval.Policy;
import dev.muster.master.checkpoint.Interval.Tier;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class IntervalTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long HOUR = 3600 * SECOND;
  private static final Policy WIDE = new Policy(1, 1_000_000, 0);

  @Test
  void givenAnyRateAndCost_whenSolved_thenNoIntervalOfASweepIsBetter() {
    for (double rate = 1e-8; rate <= 1; rate *= 10) {
      for (double blocked = 1e-3; blocked <= 1e3; blocked *= 10) {
        var renewal = new Renewal(rate, blocked, 30);
        double best = renewal.ettr(renewal.best());
        for (double factor = 1e-3; factor <= 1e3; factor *= 1.01) {
          assertThat(renewal.ettr(renewal.best() * factor))
              .as("%s factor=%g", renewal, factor)
              .isLessThanOrEqualTo(best * (1 + 1e-12));
        }
      }
    }
  }

  /** Renewal by Monte Carlo: the closed form is not checked against itself. */
  @Test
  void givenFailuresWhileWorkingSavingAndRestarting_whenSimulated_thenTheClosedFormIsMet() {
    for (double[] c : new double[][] {{0.01, 5, 20, 50}, {0.02, 10, 30, 20}, {0.001, 1, 60, 45}}) {
      var renewal = new Renewal(c[0], c[1], c[2]);
      assertThat(simulated(renewal, c[3], new Random(1)))
          .isCloseTo(renewal.ettr(c[3]), within(0.005));
    }
  }

  @Test
  void givenRareFailures_whenCompared_thenFirstOrderIsCloseAndWithFrequentOnesItIsNot() {
    var rare = new Renewal(1e-6, 1, 60);
    assertThat(rare.firstOrderBest() / rare.best()).isCloseTo(1, within(0.001));
    var frequent = new Renewal(1e-2, 60, 60);
    assertThat(frequent.firstOrderBest() / frequent.best()).isGreaterThan(1.4);
    assertThat(frequent.ettr(frequent.best()) / frequent.ettr(frequent.firstOrderBest()))
        .isGreaterThan(1.05);
  }

  @Test
  void givenMemoryAndStorage_whenDecided_thenEachHasItsOwnIntervalAndSaysWhy() {
    var memory = decide(Tier.MEMORY, new Cost(SECOND / 50, 20 * SECOND, 2 * SECOND), 9, 27 * HOUR);
    assertThat(memory.reason())
        .isEqualTo(
            "MEMORY steps=10 overhead=0.199 % ettr=0.9960: blockedSeconds=0.0200"
                + " restartSeconds=20.0 stepSeconds=2.00 mttfSeconds=1.008e+04 failures=9"
                + " seenSeconds=9.720e+04 relativeError=0.32");
    var storage =
        decide(Tier.STORAGE, new Cost(10 * SECOND, 200 * SECOND, 2 * SECOND), 0, 27 * HOUR);
    assertThat(storage.steps()).isBetween(600L, 720L);
    assertThat(storage.reason()).contains("failures=0").contains("relativeError=1.00");
  }

  @Test
  void givenNoFailureYet_whenTimeGoesBy_thenThePriorCountsAndTheIntervalGrows() {
    var cost = new Cost(SECOND, 60 * SECOND, SECOND);
    long former = 0;
    for (long hours = 0; hours <= 1000; hours = 2 * hours + 1) {
      long steps = decide(Tier.MEMORY, cost, 0, hours * HOUR).steps();
      assertThat(steps).isGreaterThan(former);
      former = steps;
    }
    assertThat(new FailureRate(0, 0, HOUR).perNs()).isEqualTo(1.0 / HOUR);
    assertThat(new FailureRate(1000, 10_000 * HOUR, HOUR).perNs() * HOUR)
        .isCloseTo(0.1, within(1e-3));
  }

  @Test
  void givenBounds_whenTheBestIsOutside_thenTheyHoldAndTheReasonNamesThem() {
    var cheap = new Cost(1000, SECOND, 2 * SECOND);
    var failures = new FailureRate(3, HOUR, HOUR);
    var floor = Interval.decide(Tier.MEMORY, new Policy(20, 100, 0), cheap, failures, 50);
    assertThat(floor.steps()).isEqualTo(20);
    assertThat(floor.reason()).contains("(floor, best would be 1)");
    var dear = new Cost(HOUR, SECOND, 2 * SECOND);
    var ceiling = Interval.decide(Tier.STORAGE, new Policy(20, 100, 0), dear, failures, 0);
    assertThat(ceiling.steps()).isEqualTo(100);
    assertThat(ceiling.reason()).contains("(ceiling, best ");
    assertThat(Interval.decide(Tier.MEMORY, new Policy(20, 100, 9), cheap, failures, 500).steps())
        .as("outside of the bounds nothing is kept")
        .isEqualTo(20);
  }

  @Test
  void givenNoisyMeasurements_whenDecidedAgainAndAgain_thenTheIntervalSettles() {
    var random = new Random(7);
    var policy = new Policy(1, 100_000, 0.05);
    long current = Interval.NONE;
    int changes = 0;
    for (int i = 1; i <= 1000; i++) {
      var cost = new Cost(noisy(SECOND, random), 60 * SECOND, noisy(2 * SECOND, random));
      var failures = new FailureRate(10 + i / 10, (10 + i / 10) * 3 * HOUR, HOUR);
      var next = Interval.decide(Tier.MEMORY, policy, cost, failures, current);
      changes += next.steps() == current ? 0 : 1;
      current = next.steps();
    }
    assertThat(changes).isLessThanOrEqualTo(3);
    var slower = new Cost(20 * SECOND, 60 * SECOND, 2 * SECOND);
    assertThat(
            Interval.decide(
                    Tier.MEMORY, policy, slower, new FailureRate(100, 300 * HOUR, HOUR), current)
                .steps())
        .as("a real change is followed")
        .isGreaterThan(3 * current);
  }

  @Test
  void givenAnyInput_whenDecided_thenNoOtherNumberOfStepsIsBetter() {
    var random = new Random(2);
    for (int round = 0; round < 500; round++) {
      var cost = new Cost(random.nextLong(100 * SECOND), 0, 1 + random.nextLong(300 * SECOND));
      var failures = new FailureRate(random.nextInt(50), random.nextLong(100 * HOUR), HOUR);
      var best = Interval.decide(Tier.STORAGE, WIDE, cost, failures, Interval.NONE);
      var renewal = new Renewal(failures.perNs(), cost.blockedNs(), 0);
      for (long steps = 1; steps < 2 * best.steps() + 10; steps += 1 + best.steps() / 100) {
        assertThat(renewal.ettr((double) steps * cost.stepNs()))
            .isLessThanOrEqualTo(best.ettr() * (1 + 1e-9));
      }
    }
  }

  @Test
  void givenNonsense_whenMade_thenItIsRefused() {
    assertThatThrownBy(() -> new Policy(0, 1, 0)).hasMessageContaining("minSteps=0");
    assertThatThrownBy(() -> new Policy(1, 1, Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new Cost(0, 0, 0)).hasMessageContaining("stepNs=0");
    assertThatThrownBy(() -> new FailureRate(0, 0, 0)).hasMessageContaining("priorMttfNs=0");
  }

  private static Interval decide(Tier tier, Cost cost, long failures, long seenNs) {
    return Interval.decide(
        tier, WIDE, cost, new FailureRate(failures, seenNs, HOUR), Interval.NONE);
  }

  private static long noisy(long value, Random random) {
    return (long) (value * (0.85 + 0.3 * random.nextDouble()));
  }

  private static double simulated(Renewal renewal, double interval, Random random) {
    double clock = 0;
    int done = 0;
    while (done < 200_000) {
      double failure = -Math.log(1 - random.nextDouble()) / renewal.rate();
      int saved = (int) (failure / (interval + renewal.blocked()));
      done += saved;
      clock += failure + restarts(renewal, random);
    }
    return done * interval / clock;
  }

  /** A failure while restarting begins the restart anew. */
  private static double restarts(Renewal renewal, Random random) {
    double spent = 0;
    while (true) {
      double failure = -Math.log(1 - random.nextDouble()) / renewal.rate();
      if (failure >= renewal.restart()) {
        return spent + renewal.restart();
      }
      spent += failure;
    }
  }
}
