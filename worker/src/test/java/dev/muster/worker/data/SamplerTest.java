package dev.muster.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final long[] SIZES = {
    1, 2, 3, 4, 5, 7, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 1023, 4097
  };
  private static final int[] BATCHES = {1, 2, 3, 7, 8, 32, 5000};

  @Test
  void givenAnySizeAndBatch_whenAnEpochIsDealt_thenEachSampleIsUsedExactlyOnce() {
    for (long samples : SIZES) {
      for (int batch : BATCHES) {
        var sampler = new Sampler(42, samples, batch);
        for (long epoch = 0; epoch < 3; epoch++) {
          var seen = new BitSet();
          for (long step = epoch * sampler.stepsPerEpoch() + 1;
              step <= (epoch + 1) * sampler.stepsPerEpoch();
              step++) {
            assertThat(sampler.batch(step).epoch()).isEqualTo(epoch);
            for (long sample : sampler.share(step, 0, 1)) {
              assertThat(seen.get((int) sample))
                  .as("n=%d batch=%d sample=%d", samples, batch, sample)
                  .isFalse();
              seen.set((int) sample);
            }
          }
          assertThat(seen.length()).as("n=%d batch=%d", samples, batch).isEqualTo((int) samples);
          assertThat(seen.cardinality()).isEqualTo((int) samples);
        }
      }
    }
  }

  @Test
  void givenAnyWorldSize_whenSharesAreJoinedInRankOrder_thenTheStepIsTheSame() {
    long seed = 20_260_727L;
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 300; round++) {
      var sampler = new Sampler(random.nextLong(), random.nextLong(1, 2000), random.nextInt(1, 70));
      long step = random.nextLong(1, 5 * sampler.stepsPerEpoch() + 1);
      int world = random.nextInt(1, 9);
      assertThat(joined(sampler, step, world))
          .as("seed=%d round=%d %s", seed, round, sampler)
          .isEqualTo(joined(sampler, step, 1));
    }
  }

  @Test
  void givenAStep_whenItIsShared_thenSharesDifferByAtMostOneAndTheLastStepIsShort() {
    var sampler = new Sampler(1, 50, 16);
    assertThat(sizes(sampler, 1, 3)).containsExactly(6, 5, 5);
    assertThat(sampler.stepsPerEpoch()).isEqualTo(4);
    assertThat(sampler.batch(4)).isEqualTo(new Sampler.Batch(0, 48, 2));
    assertThat(sizes(sampler, 4, 3)).containsExactly(1, 1, 0);
    assertThat(sampler.batch(5)).isEqualTo(new Sampler.Batch(1, 0, 16));
  }

  @Test
  void givenAnotherEpochOrSeed_whenDealt_thenTheOrderDiffers() {
    var sampler = new Sampler(7, 1000, 1000);
    assertThat(sampler.share(1, 0, 1)).isNotEqualTo(sampler.share(2, 0, 1));
    assertThat(sampler.share(1, 0, 1)).isNotEqualTo(new Sampler(8, 1000, 1000).share(1, 0, 1));
    assertThat(sampler.share(1, 0, 1)).isEqualTo(new Sampler(7, 1000, 1000).share(1, 0, 1));
  }

  /**
   * A keyed order that kept neighbours together would bias every batch: a shuffle has about one
   * such pair.
   */
  @Test
  void givenAPermutation_whenNeighboursAreCompared_thenTheyAreScattered() {
    long[] order = new Sampler(3, 10_000, 10_000).share(1, 0, 1);
    int adjacent = 0;
    int fixed = 0;
    for (int i = 1; i < order.length; i++) {
      adjacent += Math.abs(order[i] - order[i - 1]) == 1 ? 1 : 0;
      fixed += order[i] == i ? 1 : 0;
    }
    assertThat(adjacent).isLessThan(20);
    assertThat(fixed).isLessThan(20);
    long[] firstHalf = Arrays.copyOf(order, order.length / 2);
    assertThat(Arrays.stream(firstHalf).average().orElseThrow()).isBetween(4800.0, 5200.0);
  }

  @Test
  void givenNonsense_whenMade_thenItIsRefused() {
    assertThatThrownBy(() -> new Sampler(1, 0, 4)).hasMessageContaining("samples=0");
    assertThatThrownBy(() -> new Sampler(1, 4, 4).batch(0)).hasMessageContaining("step=0");
  }

  private static List<Long> joined(Sampler sampler, long step, int world) {
    var all = new ArrayList<Long>();
    for (int rank = 0; rank < world; rank++) {
      Arrays.stream(sampler.share(step, rank, world)).forEach(all::add);
    }
    return all;
  }

  private static int[] sizes(Sampler sampler, long step, int world) {
    int[] sizes = new int[world];
    for (int rank = 0; rank < world; rank++) {
      sizes[rank] = sampler.share(step, rank, world).length;
    }
    return sizes;
  }
}
