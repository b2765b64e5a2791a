package dev.muster.simulator.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A slice of {@code ./muster bench seeds --samples}. */
class MembershipHistoryTest {
  @Test
  void givenRandomMembers_whenPlayed_thenEachSampleIsCommittedOncePerEpoch() {
    long groups = 0;
    long redone = 0;
    for (long seed = 1; seed <= 40; seed++) {
      var history = MembershipHistory.of(seed);
      assertThat(history.findings())
          .as("replay: ./muster bench seeds --samples --from %d --count 1 --verbose", seed)
          .isEmpty();
      groups += history.groups();
      redone += history.redone();
    }
    assertThat(groups).as("members changed").isGreaterThan(100);
    assertThat(redone).as("steps were given up").isPositive();
  }

  @Test
  void givenASeed_whenPlayedAgain_thenTheOrderIsTheSame() {
    assertThat(MembershipHistory.of(7)).isEqualTo(MembershipHistory.of(7));
  }
}
