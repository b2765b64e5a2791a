package dev.muster.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Two epochs of a data set that no batch divides, while the world changes and steps are lost. */
class ElasticSamplerTest {
  private static final long SAMPLES = 100_003;
  private static final int BATCH = 512;
  private static final Sampler SAMPLER = new Sampler(96, SAMPLES, BATCH);
  private static final long STEPS = 2 * SAMPLER.stepsPerEpoch();

  /** What the ranks of a committed step were given, in rank order. */
  private record Attempt(long step, List<long[]> shares) {
    static Attempt of(long step, int world) {
      return new Attempt(
          step,
          IntStream.range(0, world).mapToObj(rank -> SAMPLER.share(step, rank, world)).toList());
    }

    long[] samples() {
      return shares.stream().flatMapToLong(Arrays::stream).toArray();
    }
  }

  @Test
  void givenWorldsEightSevenSix_whenStepsAreKilledAtRandom_thenEachSampleIsUsedOncePerEpoch() {
    requireExactlyOnce(8, 7, 6);
  }

  @Test
  void givenWorldsSevenFiveNine_whenStepsAreKilledAtRandom_thenEachSampleIsUsedOncePerEpoch() {
    requireExactlyOnce(7, 5, 9);
  }

  @Test
  void givenAnyHistory_whenRunAgainFromItsSeed_thenTheOrderIsTheSameAndThatOfOneRank() {
    long[] alone = order(undisturbed(1));
    assertThat(order(committed(1, 7, 5, 9))).isEqualTo(alone);
    assertThat(order(committed(1, 7, 5, 9))).isEqualTo(alone);
    assertThat(order(committed(2, 8, 7, 6))).isEqualTo(alone);
  }

  @Test
  void givenTheLastStepOfAnEpoch_whenItIsShorter_thenItsSharesWeighByItsOwnCount() {
    assertThat(SAMPLER.stepsPerEpoch()).isEqualTo(196);
    for (int world : new int[] {5, 6, 7, 8, 9}) {
      for (long last : new long[] {196, 392}) {
        assertThat(SAMPLER.batch(last).count()).isEqualTo(SAMPLES - 195 * BATCH).isEqualTo(163);
        var lengths =
            Attempt.of(last, world).shares().stream().mapToInt(share -> share.length).toArray();
        assertThat(IntStream.of(lengths).sum()).isEqualTo(163);
        assertThat(lengths).containsOnly(163 / world, 163 / world + 1);
      }
    }
  }

  /**
   * Least squares by gradient descent. Each rank divides its sum by the samples of the step, so
   * that uneven shares and the short step weigh by what they hold; only the order of addition
   * differs between worlds.
   */
  @Test
  void givenWorldsThatChange_whenTrained_thenTheLossIsThatOfTheFixedWorld() {
    double[] fixed = losses(undisturbed(8));
    for (int[] worlds : new int[][] {{8, 7, 6}, {7, 5, 9}}) {
      double[] elastic = losses(committed(3, worlds));
      assertThat(elastic).hasSameSizeAs(fixed);
      for (int step = 0; step < fixed.length; step++) {
        assertThat(elastic[step]).as("step=%d", step + 1).isCloseTo(fixed[step], within(1e-6));
      }
    }
    assertThat(fixed[fixed.length - 1]).isLessThan(fixed[0] / 2);
  }

  private static void requireExactlyOnce(int... worlds) {
    for (long seed = 0; seed < 5; seed++) {
      var seen = List.of(new BitSet(), new BitSet());
      for (Attempt attempt : committed(seed, worlds)) {
        var batch = SAMPLER.batch(attempt.step());
        boolean last = attempt.step() % SAMPLER.stepsPerEpoch() == 0;
        assertThat(attempt.samples()).hasSize(last ? 163 : BATCH).hasSize((int) batch.count());
        for (long sample : attempt.samples()) {
          BitSet epoch = seen.get((int) batch.epoch());
          assertThat(epoch.get((int) sample)).as("seed=%d sample=%d", seed, sample).isFalse();
          epoch.set((int) sample);
        }
      }
      assertThat(seen)
          .as("seed=%d", seed)
          .allMatch(epoch -> epoch.nextClearBit(0) == SAMPLES && epoch.length() == SAMPLES);
    }
  }

  /**
   * The steps that count. The world goes from one size to the next in equal parts of the run; a
   * kill in between loses the attempt and the step is done again, at first by one rank fewer.
   */
  private static List<Attempt> committed(long seed, int... worlds) {
    var random = new SplittableRandom(seed);
    var committed = new ArrayList<Attempt>();
    int missing = 0;
    while (committed.size() < STEPS) {
      int world = worlds[(int) (committed.size() * worlds.length / STEPS)];
      var attempt = Attempt.of(committed.size() + 1, Math.max(1, world - missing));
      boolean killed = random.nextInt(20) == 0;
      if (!killed) {
        committed.add(attempt);
      }
      missing = killed ? 1 : Math.max(0, missing - random.nextInt(2));
    }
    return committed;
  }

  private static List<Attempt> undisturbed(int world) {
    return LongStream.rangeClosed(1, STEPS).mapToObj(step -> Attempt.of(step, world)).toList();
  }

  private static long[] order(List<Attempt> committed) {
    return committed.stream().flatMapToLong(attempt -> Arrays.stream(attempt.samples())).toArray();
  }

  private static double[] losses(List<Attempt> committed) {
    double weight = 0;
    double[] losses = new double[committed.size()];
    for (int i = 0; i < losses.length; i++) {
      long count = SAMPLER.batch(committed.get(i).step()).count();
      double gradient = 0;
      for (long[] share : committed.get(i).shares()) {
        double part = 0;
        for (long sample : share) {
          double x = Math.sin(sample);
          double error = weight * x - 3 * x - Math.cos(7.0 * sample);
          losses[i] += error * error / count;
          part += 2 * error * x;
        }
        gradient += part / count;
      }
      weight -= 0.1 * gradient;
    }
    return losses;
  }
}
