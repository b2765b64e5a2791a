package dev.muster.master.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.checkpoint.Interval.Cost;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SaveIntervalTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long HOUR = 3600 * SECOND;

  private static double overhead(Cost cost, FailureRate failures, double steps) {
    return new Renewal(failures.perNs(), cost.blockedNs(), cost.restartNs())
        .overhead(steps * cost.stepNs());
  }

  @Test
  void givenRandomCosts_whenDecided_thenADoubling_hardlyDearerThanTheBest_orCheap_orTheLongest() {
    for (long seed = 1; seed <= 2_000; seed++) {
      var random = new Random(seed);
      long stepNs = 1_000_000 + (long) (random.nextDouble() * 60 * SECOND);
      var cost =
          new Cost((long) (stepNs * 3 * Math.pow(random.nextDouble(), 4)), 30 * SECOND, stepNs);
      var failures = new FailureRate(random.nextInt(20), random.nextInt(100) * HOUR, 24 * HOUR);
      int steps = SaveInterval.decide(cost, failures, SaveInterval.FIRST).steps();
      double best =
          Math.max(1, new Renewal(failures.perNs(), cost.blockedNs(), 30).best() / stepNs);
      boolean good = overhead(cost, failures, steps) <= 1.26 * overhead(cost, failures, best);
      boolean cheap = steps < best && cost.blockedNs() <= steps * stepNs / 200;
      boolean longest = steps < best && 2 * steps * stepNs > 300 * SECOND;
      String where = "seed=" + seed + " steps=" + steps + " best=" + best;
      assertThat(Integer.bitCount(steps)).as(where).isEqualTo(1);
      assertThat(good || cheap || longest).as(where).isTrue();
      assertThat(steps == 1 || steps * stepNs <= 300 * SECOND).as(where).isTrue();
    }
  }

  @Test
  void givenCheapSaves_whenNothingHasFailed_thenTheyTakeAFourHundredthOfTheTime() {
    var failures = new FailureRate(0, 0, 24 * HOUR);
    var cost = new Cost(SECOND / 50, 30 * SECOND, SECOND / 10); // the best: 59 s
    assertThat(SaveInterval.decide(cost, failures, 8).steps()).isEqualTo(64);
    assertThat(SaveInterval.decide(new Cost(0, 0, SECOND), failures, 8).steps()).isEqualTo(1);
  }

  @Test
  void givenLittleDifference_whenDecidedAgain_thenTheIntervalStays() {
    var failures = new FailureRate(4, 0, 2 * HOUR);
    var cost = new Cost(SECOND / 20, 30 * SECOND, SECOND); // the best: 12 s
    assertThat(SaveInterval.decide(cost, failures, 8).steps()).isEqualTo(8);
    assertThat(SaveInterval.decide(cost, failures, 16).steps()).isEqualTo(16);
    assertThat(SaveInterval.decide(cost, failures, 64).steps()).isEqualTo(16);
    assertThat(SaveInterval.decide(cost, failures, 2).steps()).isEqualTo(16);
  }
}
