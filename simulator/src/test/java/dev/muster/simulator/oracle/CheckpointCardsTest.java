package dev.muster.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.simulator.account.TimeClass;
import dev.muster.simulator.drill.Drill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What DLRover published of a week of GLM-65B before and after its flash checkpoint, in minutes a
 * week. Their cards of the speed of copies and of storage wait for a model of sizes.
 */
class CheckpointCardsTest {
  private static final int WEEK_MIN = 7 * 24 * 60;
  private static final double WEEK = WEEK_MIN * 60.0;

  private static double minutes(Drill drill, long seed, TimeClass some) {
    double share = OneWorker.play(drill, seed).account().share(some);
    return share * WEEK_MIN;
  }

  /** A save every 250 steps of 21.6 s, 111 s each: 201 min published; and every 10, 0.2 s each. */
  @ParameterizedTest
  @CsvSource({"250, 111, 109, 201, 1", "10, 0.2, 2797, 9.3, 0.1"})
  void givenAWeekWithoutFailures_whenPlayed_thenSavesBlockItAsLong(
      int steps, double stall, int saves, double blocked, double tolerance) {
    var model = new Renewal(0, 0, steps * 21.6, stall);
    var drill = OneWorker.drill("{ exactly = 300d }", model, 21.6, 7);
    double played = minutes(drill, 1, TimeClass.CHECKPOINT);
    assertThat(played).isCloseTo(blocked, within(tolerance));
    assertThat(Math.floor(played * 60 / stall + 1e-6)).isEqualTo(saves);
  }

  /** 5.1 failures a week, uniform in an interval of 90 minutes: 231 min of work done twice. */
  @Test
  void givenSlowCheckpoints_whenPlayed_thenAsMuchIsDoneTwice() {
    assertThat(redone(5.1, 90, 60)).isCloseTo(231, within(231 * 0.03));
  }

  /** 60 % of them go back 3.6 minutes at most, the others 90: about 98 min. */
  @Test
  void givenCheckpointsInMemory_whenPlayed_thenFarLessIsDoneTwice() {
    double inMemory = redone(0.6 * 5.1, 3.6, 5); // a twentieth of the sum, and the most to play
    assertThat(inMemory + redone(0.4 * 5.1, 90, 60)).isCloseTo(98, within(98 * 0.03));
  }

  /**
   * @param interval minutes
   */
  private static double redone(double failuresAWeek, double interval, int seeds) {
    var model = new Renewal(failuresAWeek / WEEK, 10, interval * 60, 0);
    var drill = OneWorker.drill((long) (WEEK / failuresAWeek) + "s", model, 1, 399);
    return OneWorker.seeds(seeds)
        .mapToDouble(seed -> minutes(drill, seed, TimeClass.REDONE))
        .average()
        .orElseThrow();
  }
}
