package dev.muster.protocol.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CounterRandomTest {
  @Test
  void givenTheSameArguments_whenMixed_thenTheValueIsTheRecordedOne() {
    assertThat(CounterRandom.mix(42, "backoff", 3, 7)).isEqualTo(-7480956567507401622L);
  }

  @Test
  void givenArgumentsThatDifferInOnePlace_whenMixed_thenAllValuesDiffer() {
    Set<Long> values = new HashSet<>();
    for (long seed = 0; seed < 10; seed++) {
      for (String stream : new String[] {"", "a", "b", "ab", "ba"}) {
        for (long entity = 0; entity < 10; entity++) {
          for (long index = 0; index < 10; index++) {
            values.add(CounterRandom.mix(seed, stream, entity, index));
          }
        }
      }
    }
    assertThat(values).hasSize(10 * 5 * 10 * 10);
  }

  @Test
  void givenManyDraws_whenCountedByBit_thenEachBitIsSetInAboutHalf() {
    int draws = 20_000;
    for (int bit = 0; bit < 64; bit++) {
      int set = 0;
      for (int index = 0; index < draws; index++) {
        set += (int) (CounterRandom.mix(1, "bits", 0, index) >>> bit & 1);
      }
      assertThat(set).as("bit %d", bit).isBetween(draws / 2 - 500, draws / 2 + 500);
    }
  }

  @Test
  void givenABound_whenDrawn_thenValuesStayBelowItAndABadBoundIsRefused() {
    for (int index = 0; index < 1_000; index++) {
      assertThat(CounterRandom.below(7, CounterRandom.mix(5, "bound", 0, index))).isBetween(0L, 6L);
    }
    assertThat(CounterRandom.below(1, -1)).isZero();
    assertThatThrownBy(() -> CounterRandom.below(0, 1)).hasMessageContaining("bound=0");
  }
}
