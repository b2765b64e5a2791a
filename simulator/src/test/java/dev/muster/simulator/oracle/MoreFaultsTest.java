package dev.muster.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import dev.muster.simulator.fault.Plan;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * More faults never do good: every fault of a plan that is left out leaves at least as many steps.
 * Only of faults that are told of at once: a crash that strikes a hung worker does tell of it.
 */
class MoreFaultsTest {
  private static final Drill DRILL =
      DrillReader.parse(
          """
          horizon = 6h, fleet { nodes = 6, slots = 3 }, job { workers = 8, spares = 2, step = 1s }
          faults = [{ do = crash, every = 6m }, { do = agent-kill, every = 30m, for = { exactly = 2m } }]
          """);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void givenAPlan_whenFaultsAreLeftOut_thenNeverFewerStepsAreMade(long seed) {
    var whole = DRILL.plan(seed);
    long before = Long.MAX_VALUE;
    for (int eighths : List.of(0, 1, 2, 4, 8)) {
      long steps = DrillRun.replay(DRILL, part(whole, eighths), HostKind.CORE).steps();
      assertThat(steps).as("seed=%d, %d of 8 faults", seed, eighths).isLessThanOrEqualTo(before);
      before = steps;
    }
  }

  /** Each part holds the smaller ones. */
  private static Plan part(Plan whole, int eighths) {
    var faults = whole.faults();
    return whole.with(
        IntStream.range(0, faults.size())
            .filter(i -> Integer.reverse(i) >>> 29 < eighths)
            .mapToObj(faults::get)
            .toList());
  }
}
