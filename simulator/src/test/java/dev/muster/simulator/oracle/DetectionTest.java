package dev.muster.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a silent node is missed, and what a group costs after it, against the formulas. */
class DetectionTest {

  private static Moments play(String policy, int days) {
    var drill =
        DrillReader.parse(
            """
            horizon = %dd, fleet { nodes = 3, slots = 1 }, job { workers = 2, spares = 1, step = 1s }
            policy.a { %s }
            faults = [{ do = node-down, every { lognormal = [3h, 0.3] }, for = { exactly = 40m } }]
            """
                .formatted(days, policy));
    var moments = new Moments();
    var outcome = DrillRun.play(drill, 1, HostKind.CORE, moments);
    assertThat(outcome.violations()).isEmpty();
    return moments;
  }

  /**
   * A timeout T after beats every h, looked at every c, a death at any moment: [T - h, T + c], and
   * T - h/2 + c/2 in the mean; the master looks once a beat, so c = h and the mean is T. Messages
   * take half a millisecond and less. The rows are TorchFT's 5 s after beats of 100 ms, DLRover's
   * 600 s after beats of 15 s, and long beats.
   */
  @ParameterizedTest
  @CsvSource({"0.1, 15, 5", "1, 15, 5", "15, 1800, 600"})
  void givenSilentNodes_whenPlayed_thenTheDetectorTakesWhatItsFormulaSays(
      double beat, int lease, double timeout) {
    var detect = play("beat = %.0fms, lease = %ds".formatted(beat * 1e3, lease), 100).detect();
    assertThat(detect).hasSizeGreaterThan(300);
    assertThat(Collections.min(detect)).isGreaterThanOrEqualTo(timeout - beat);
    assertThat(Collections.max(detect)).isLessThan(timeout + beat + 0.01);
    assertThat(mean(detect)).isCloseTo(timeout, within(0.01 * timeout));
    long early = detect.stream().filter(d -> d < timeout).count();
    assertThat((double) early / detect.size()).isBetween(0.4, 0.6); // to either side
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(d -> d).average().orElseThrow();
  }
}
