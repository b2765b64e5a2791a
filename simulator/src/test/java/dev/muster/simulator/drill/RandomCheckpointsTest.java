package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random histories of a job that makes checkpoints: a slice of {@code ./muster bench seeds
 * --checkpoints}.
 */
class RandomCheckpointsTest {
  @Test
  void givenRandomHistories_whenPlayed_thenEveryInvariantHolds() {
    for (long seed = 1; seed <= 60; seed++) {
      holds(seed);
    }
  }

  /**
   * Each found a fault: a host that restarted before it was given up, and told that its memory is
   * empty, was asked for snapshots again and again (38, 88); a group whose snapshots could not be
   * fetched was told of as if its members had lost what they held before (957); members that had
   * not got to a shard of their new group were taken for whole in the next (910094).
   */
  @ParameterizedTest
  @ValueSource(longs = {38, 88, 957, 910094})
  void givenASeedThatFoundAFault_whenPlayed_thenItIsMended(long seed) {
    holds(seed);
  }

  @Test
  void givenRandomHistories_whenPlayedOnBothHosts_thenTheTraceIsTheSame() {
    for (long seed = 1; seed <= 4; seed++) {
      var drill = RandomCheckpoints.of(seed);
      assertThat(DrillRun.play(drill, seed, HostKind.ACTORS))
          .as("seed=%d", seed)
          .isEqualTo(DrillRun.play(drill, seed, HostKind.CORE));
    }
  }

  private static void holds(long seed) {
    var drill = RandomCheckpoints.of(seed);
    var outcome = DrillRun.play(drill, seed);
    assertThat(Verdict.of(drill, outcome).broken())
        .as("replay: ./muster bench seeds --checkpoints --from %d --count 1 --verbose", seed)
        .isEmpty();
  }
}
