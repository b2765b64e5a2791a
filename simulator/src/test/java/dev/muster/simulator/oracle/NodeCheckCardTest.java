package dev.muster.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * DLRover's straggler drill: four nodes probe each other in pairs, the processors of node 1 are
 * busy with something else. Each probe is a group of two hosts that makes steps. Muster probes no
 * nodes: the rule is in this test, what is checked is that a group of the world is as slow as its
 * slowest host, and no host slower for having been in it.
 */
class NodeCheckCardTest {
  private static final double HEALTHY = 20.3; // s of one probe
  private static final double[] SPEED = {1, HEALTHY / 136, 1, 1}; // 136.0 s with a healthy partner
  private static final int PROBES = 20; // one after the other, for a mean

  /** Seconds of a probe that these nodes make together. */
  private static double probe(int one, int other) {
    double slowest = Math.min(SPEED[one], SPEED[other]);
    String fault =
        slowest == 1
            ? ""
            : String.format(
                Locale.ROOT,
                "{ do = fail-slow, at = 1ms, node = %d, factor = %.9f, for = 1d }",
                SPEED[one] < 1 ? 0 : 1,
                slowest);
    double horizon = 5 + PROBES * HEALTHY / slowest;
    var drill =
        DrillReader.parse(
            String.format(
                Locale.ROOT,
                """
                horizon = %.0fms, fleet { nodes = 2, slots = 1 }
                job { workers = 2, spares = 0, step = %.0fms, start = 0s, join = 0s, join-per-rank = 0s, restore = 0s }
                policy.a { start-timeout = 1d, hang.factor = 1000 }
                faults = [%s]
                """,
                horizon * 1e3,
                HEALTHY * 1e3,
                fault));
    var outcome = DrillRun.play(drill, 1, HostKind.CORE);
    assertThat(outcome.violations()).isEmpty();
    assertThat(outcome.generations()).isEqualTo(1);
    return horizon / outcome.steps();
  }

  /** Time of each node in a round of pairs. */
  private static double[] round(int[] nodes) {
    var seconds = new double[nodes.length];
    for (int i = 0; i < nodes.length; i += 2) {
      seconds[nodes[i]] = probe(nodes[i], nodes[i + 1]);
      seconds[nodes[i + 1]] = seconds[nodes[i]];
    }
    return seconds;
  }

  /** Fastest with slowest, moving inwards. */
  private static int[] paired(double[] seconds) {
    var sorted =
        IntStream.range(0, seconds.length)
            .boxed()
            .sorted(Comparator.comparingDouble(node -> seconds[node]))
            .toList();
    int last = sorted.size() - 1;
    return IntStream.range(0, sorted.size())
        .map(i -> sorted.get(i % 2 == 0 ? i / 2 : last - i / 2))
        .toArray();
  }

  @Test
  void givenOneSlowNode_whenProbedInTwoRounds_thenItAloneIsFound() {
    var first = round(new int[] {0, 1, 2, 3});
    assertThat(first[0]).as("held up by its partner").isCloseTo(136, within(136 * 0.02));
    assertThat(first[2]).isCloseTo(HEALTHY, within(HEALTHY * 0.02));
    var second = round(paired(first));
    var best = IntStream.range(0, 4).mapToDouble(n -> Math.min(first[n], second[n])).toArray();
    var sorted = Arrays.stream(best).sorted().toArray();
    double median = (sorted[1] + sorted[2]) / 2;
    assertThat(IntStream.range(0, 4).filter(n -> best[n] > 2 * median)).containsExactly(1);
    assertThat(best[1]).isCloseTo(136, within(136 * 0.02));
  }
}
