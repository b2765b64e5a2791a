package dev.muster.cli.elastic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.worker.data.Sampler;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OrderFoldTest {
  private static final Sampler SAMPLER = new Sampler(5, 1_003, 64);
  private static final long STEPS = 2 * SAMPLER.stepsPerEpoch();

  /** As the ranks compute it. */
  private static long folded(Sampler sampler, long steps, SplittableRandom worlds) {
    long fold = 0;
    for (long step = 1; step <= steps; step++) {
      int world = 1 + worlds.nextInt(9);
      long count = sampler.batch(step).count();
      long from = 0;
      long sum = 0;
      for (int rank = 0; rank < world; rank++) {
        long[] share = sampler.share(step, rank, world);
        sum += OrderFold.part(share, from, count);
        from += share.length;
      }
      fold = OrderFold.after(fold, count, sum);
    }
    return fold;
  }

  @Test
  void givenAnyWorlds_whenFolded_thenItIsThatOfTheSeedAlone() {
    for (long seed = 0; seed < 20; seed++) {
      assertThat(folded(SAMPLER, STEPS, new SplittableRandom(seed)))
          .as("seed=%d", seed)
          .isEqualTo(OrderFold.of(SAMPLER, STEPS));
    }
  }

  @Test
  void givenAnotherSeedOrLength_whenFolded_thenItDiffers() {
    long fold = OrderFold.of(SAMPLER, STEPS);
    assertThat(OrderFold.of(new Sampler(6, 1_003, 64), STEPS)).isNotEqualTo(fold);
    assertThat(OrderFold.of(SAMPLER, STEPS - 1)).isNotEqualTo(fold);
  }

  @Test
  void givenOneSampleTwiceOrTwoExchanged_whenFolded_thenItDiffers() {
    long right = OrderFold.part(new long[] {4, 0, 7}, 0, 3);
    assertThat(OrderFold.part(new long[] {4, 4, 7}, 0, 3)).isNotEqualTo(right);
    assertThat(OrderFold.part(new long[] {0, 4, 7}, 0, 3)).isNotEqualTo(right);
    assertThat(OrderFold.part(new long[] {4, 0, 7, 0}, 0, 4)).isNotEqualTo(right);
  }
}
