package dev.muster.master.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.checkpoint.Interval.Tier;
import dev.muster.protocol.Generation;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What is measured of rounds, and of failures. */
final class RoundCostsTest {
  private static final long MS = 1_000_000L;
  private static final long SECOND = 1_000 * MS;
  private static final long HOUR = 3600 * SECOND;

  @Test
  void givenNothing_whenAsked_thenUnknown() {
    assertThat(RoundCosts.NONE.known()).isFalse();
    assertThat(RoundCosts.NONE.outside(SECOND, 10).known()).isFalse();
    assertThat(RoundCosts.NONE.inside(SECOND, 0, 0).known()).isFalse();
    assertThat(RoundCosts.NONE.inside(SECOND, 10, 0).stepNs()).isEqualTo(100 * MS);
  }

  @Test
  void givenStepsBeforeTheOneOrdered_whenMeasured_thenTheyAreNoWorkOfTheRound() {
    var costs = RoundCosts.NONE.outside(10 * SECOND, 100).inside(5 * SECOND, 45, 20);
    assertThat(costs.workNs()).isEqualTo(3 * SECOND);
    assertThat(costs.blockedNs()).isEqualTo(SECOND / 2);
    assertThat(costs.lastNs()).isEqualTo(5 * SECOND * 25 / 45);
  }

  @Test
  void givenMoreStepsThanWithout_whenMeasured_thenTheLeastThatCanBeSeenIsTheCost() {
    var costs = RoundCosts.NONE.outside(10 * SECOND, 100).inside(2 * SECOND, 25, 0);
    assertThat(costs.blockedNs()).isEqualTo(100 * MS);
  }

  /** The step counter is read up to a beat late. */
  @Test
  void givenACounterReadLate_whenManyRoundsAreMeasured_thenTheMeanIsRight() {
    long seed = 11;
    var random = new SplittableRandom(seed);
    var costs = RoundCosts.NONE;
    long known = 0;
    double made = 0; // 20 steps a second, 10 while a round of 2 s is under way
    for (int i = 0; i < 500; i++) {
      made += 20 * 8;
      long seen = (long) (made - 20 * random.nextDouble() / 2);
      costs = costs.outside(8 * SECOND, seen - known);
      known = seen;
      made += 10 * 2;
      seen = (long) (made - 10 * random.nextDouble() / 2);
      costs = costs.inside(2 * SECOND, seen - known, 0);
      known = seen;
    }
    assertThat(costs.rounds()).isLessThanOrEqualTo(32);
    assertThat(costs.blockedNs() / 1e9).as("seed=%d", seed).isBetween(0.8, 1.2);
  }

  @Test
  void givenAChange_whenThirtyRoundsMoreAreMeasured_thenItIsFollowed() {
    var costs = RoundCosts.NONE;
    for (int i = 0; i < 1_000; i++) {
      costs = costs.outside(10 * SECOND, 100).inside(2 * SECOND, 20, 0);
    }
    for (int i = 0; i < 96; i++) {
      costs = costs.outside(10 * SECOND, 100).inside(2 * SECOND, 10, 0);
    }
    assertThat(costs.blockedNs() / 1e9).isBetween(0.8, 1.01);
  }

  @Test
  void givenNodesThatTrain_whenTheyFail_thenMemoryCountsAll_andStorageLostNodesOncePerGroup() {
    var exposure = new Exposure();
    exposure.trains(4, HOUR);
    exposure.failed();
    exposure.failed();
    exposure.nodeLost(new Generation(1));
    exposure.nodeLost(new Generation(1));
    exposure.rests(3 * HOUR);
    exposure.trains(2, 10 * HOUR);
    assertThat(exposure.rate(Tier.MEMORY, 11 * HOUR))
        .as("eight node hours, then two, seen by two nodes")
        .isEqualTo(new FailureRate(2, 5 * HOUR, 12 * HOUR));
    assertThat(exposure.rate(Tier.STORAGE, 11 * HOUR).failures()).isEqualTo(1);
    exposure.nodeLost(new Generation(2));
    assertThat(exposure.rate(Tier.STORAGE, 11 * HOUR).failures()).isEqualTo(2);
  }

  @Test
  void givenThousandsOfNodesForYears_whenAsked_thenNothingOverflows() {
    var exposure = new Exposure();
    exposure.trains(16_384, 0);
    long years = 3 * 365 * 24 * HOUR;
    assertThat(exposure.rate(Tier.MEMORY, years)).isEqualTo(new FailureRate(0, years, HOUR));
  }

  @Test
  void givenAnotherClock_whenForgotten_thenTheOpenStretchDoesNotCount() {
    var exposure = new Exposure();
    exposure.trains(1, 100 * HOUR);
    exposure.forget();
    exposure.trains(1, 2 * HOUR);
    assertThat(exposure.rate(Tier.MEMORY, 3 * HOUR).seenNs()).isEqualTo(HOUR);
  }
}
