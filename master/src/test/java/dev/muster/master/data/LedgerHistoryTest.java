package dev.muster.master.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** {@code -Dmuster.ledger.seed=N} runs one history again. */
final class LedgerHistoryTest {
  private static final int HISTORIES = 1000;

  @Test
  void givenAnyHistory_whenAllIsCommitted_thenEachIndexIsUsedOncePerEpochAndTheOrderReplays() {
    Long one = Long.getLong("muster.ledger.seed");
    var seeds = one == null ? LongStream.range(0, HISTORIES) : LongStream.of(one);
    var histories = seeds.mapToObj(LedgerHistoryTest::run).toList();
    if (one == null) {
      assertThat(histories.stream().mapToInt(history -> history.losses).sum()).isGreaterThan(1000);
      assertThat(histories.stream().mapToInt(history -> history.redone).sum()).isGreaterThan(500);
      assertThat(histories.stream().mapToInt(history -> history.restores).sum()).isGreaterThan(300);
      assertThat(histories.stream().mapToInt(history -> history.failures).sum())
          .isGreaterThan(1000);
    }
  }

  private static LedgerHistory run(long seed) {
    var history = new LedgerHistory(seed);
    try {
      history.run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("history failed; replay with -Dmuster.ledger.seed=" + seed, e);
    }
    return history;
  }
}
