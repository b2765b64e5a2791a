package dev.muster.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How long a failure stays unknown with DLRover's thresholds and with Muster's own; silent nodes
 * are in {@link DetectionTest}. DLRover hears of a crashed process by polls, up to 15 s later on
 * the other nodes: there is nothing here that polls.
 */
class DetectionCardsTest {
  private static final double STEP = 1;

  private static List<Double> detect(String policy, String fault) {
    var drill =
        DrillReader.parse(
            """
            horizon = 60d, fleet { nodes = 3, slots = 1 }, job { workers = 2, spares = 1, step = 1s }
            policy.a { %s }
            faults = [{ do = %s, every { lognormal = [3h, 0.3] } }]
            """
                .formatted(policy, fault));
    var moments = new Moments();
    var outcome = DrillRun.play(drill, 1, HostKind.CORE, moments);
    assertThat(outcome.violations()).isEmpty();
    assertThat(moments.detect()).hasSizeGreaterThan(250);
    return moments.detect();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(d -> d).average().orElseThrow();
  }

  /**
   * No progress for T, hung at any moment of a step s, looked at every c: that the last step was
   * made is seen by one look and that no other follows by a later one, so [T - s, T + 2c], and
   * about T - s/2 + c in the mean. DLRover waits for 5 or 10 min, and then tells of it; Muster
   * waits for three steps.
   */
  @ParameterizedTest
  @CsvSource({"300, 300, 0.2", "600, 600, 0.2", "2, 3, 0.1"})
  void givenHungWorkers_whenPlayed_thenTheDetectorTakesWhatItsFormulaSays(
      int floor, double threshold, double look) {
    var detect = detect("hang.floor = %ds".formatted(floor), "hang");
    assertThat(Collections.min(detect)).isGreaterThanOrEqualTo(threshold - STEP);
    assertThat(Collections.max(detect)).isLessThan(threshold + 2 * look);
    assertThat(mean(detect)).isCloseTo(threshold - STEP / 2 + look, within(look));
  }

  /** The operating system tells the agent after 20 ms, a message takes 0.05 to 0.25 ms. */
  @Test
  void givenCrashedWorkers_whenPlayed_thenTheMasterKnowsAtOnce() {
    assertThat(detect("", "crash"))
        .allSatisfy(seconds -> assertThat(seconds).isBetween(0.02, 0.0203));
  }
}
