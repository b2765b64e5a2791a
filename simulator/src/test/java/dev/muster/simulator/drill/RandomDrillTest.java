package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random clusters, policies and faults: a slice of {@code ./muster bench seeds}. */
class RandomDrillTest {
  /**
   * Each found a fault: committed steps given up because a lost node that held them was forgotten
   * too early (115, 225), a pace that changed what an ended group had done (359), a lease that
   * ended charged as the user's error (403).
   */
  @ParameterizedTest
  @ValueSource(longs = {115, 225, 359, 403})
  void givenASeedThatFoundAFault_whenPlayed_thenItIsMended(long seed) {
    holds(seed);
  }

  /**
   * Orders do not reach a node whose beats arrive, and which alone holds the newest step: it is
   * left out before its lease has ended. Not mended yet.
   */
  private static final Set<Long> OPEN = Set.of(47L, 331L);

  @Test
  void givenRandomDrills_whenPlayed_thenEveryInvariantHolds() {
    for (long seed = 1; seed <= 100; seed++) {
      if (!OPEN.contains(seed)) {
        holds(seed);
      }
    }
  }

  private static void holds(long seed) {
    var outcome = DrillRun.play(RandomDrill.of(seed), seed);
    assertThat(outcome.violations())
        .as("replay: ./muster bench seeds --from %d --count 1 --verbose", seed)
        .isEmpty();
  }
}
