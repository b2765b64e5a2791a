package dev.muster.master.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.data.StepRanges.Lent;
import dev.muster.protocol.Generation;
import dev.muster.worker.data.Sampler;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StepRangesTest {
  private static final Sampler SAMPLER = new Sampler(5, 103, 20); // epochs of 6 steps
  private static final Generation FIRST = new Generation(1);
  private static final Consumer A = new Consumer("a");
  private static final Consumer B = new Consumer("b");

  private final StepRanges ranges = new StepRanges(FIRST, 0, SAMPLER, 8);

  @Test
  void givenAStep_whenTwoTakeInTurn_thenItsSamplesAreLentInOrder_andThenNone() {
    assertThat(ranges.take(A, 1, 0)).contains(new Lent(1, 0, 0, 0, 8));
    assertThat(ranges.take(B, 1, 0)).contains(new Lent(1, 0, 0, 8, 8));
    assertThat(ranges.take(A, 1, 1)).contains(new Lent(1, 1, 0, 16, 4));
    assertThat(ranges.take(A, 1, 2)).contains(new Lent(1, 2, 0, 20, 0));
    assertThat(ranges.take(B, 1, 1)).contains(new Lent(1, 1, 0, 20, 0));
    assertThat(ranges.take(B, 2, 0)).contains(new Lent(2, 0, 0, 20, 8));
  }

  @Test
  void givenAnAnswerThatWasLost_whenAskedAgain_thenItIsTheSame() {
    var first = ranges.take(A, 1, 0);
    ranges.take(B, 1, 0);
    assertThat(ranges.take(A, 1, 0)).isEqualTo(first);
    assertThat(ranges.take(A, 1, 1)).contains(new Lent(1, 1, 0, 16, 4));
  }

  @Test
  void givenAStepThatIsOver_orARequestOutOfTurn_whenAsked_thenNothingIsLent() {
    ranges.take(A, 1, 0);
    assertThat(ranges.take(A, 1, 2)).isEmpty();
    assertThat(ranges.take(B, 1, 1)).isEmpty();
    ranges.take(A, 2, 0);
    assertThat(ranges.take(B, 1, 0)).isEmpty();
  }

  @Test
  void givenTheLastStepOfAnEpoch_whenTaken_thenItIsShorter_andTheNextEpochBegins() {
    var later = new StepRanges(new Generation(2), 5, SAMPLER, 8);
    assertThat(later.take(A, 6, 0)).contains(new Lent(6, 0, 0, 100, 3));
    assertThat(later.take(A, 6, 1)).contains(new Lent(6, 1, 0, 103, 0));
    assertThat(later.take(A, 7, 0)).contains(new Lent(7, 0, 1, 0, 8));
  }

  /** As many as it has room for while the slow one computes. */
  @Test
  void givenOneMemberThreeTimesAsFast_whenBothTake_thenItGetsThreeTimesAsMany() {
    var fine = new StepRanges(FIRST, 0, new Sampler(5, 1_000, 40), 1);
    int slow = 0;
    int fast = 0;
    for (int time = 0; slow + fast < 40; time++) {
      fast += fine.take(A, 1, fast).orElseThrow().count();
      slow += time % 3 == 0 ? fine.take(B, 1, slow).orElseThrow().count() : 0;
    }
    assertThat(fast).isEqualTo(30);
    assertThat(slow).isEqualTo(10);
  }

  /** Members come and go, states of earlier steps are restored; answers get lost. */
  @Test
  void givenRandomHistories_whenPlayed_thenEachSampleOfAnEpochIsCommittedOnce() {
    for (long seed = 1; seed <= 1_000; seed++) {
      new Play(seed).run();
    }
  }

  private static final class Play {
    private final SplittableRandom random;
    private final Sampler sampler;
    private final long lastStep;
    private final String context;
    private final List<long[]> used = new ArrayList<>(); // by step, the committed ones
    private long generation;

    Play(long seed) {
      random = new SplittableRandom(seed);
      sampler = new Sampler(seed, random.nextLong(1, 200), random.nextInt(1, 40));
      lastStep = 2 * sampler.stepsPerEpoch();
      context = "seed=" + seed + " " + sampler;
    }

    void run() {
      while (used.size() < lastStep) {
        int back = random.nextInt(4) > 0 ? 0 : random.nextInt(6);
        int start = Math.max(0, used.size() - back);
        used.subList(start, used.size()).clear(); // a checkpoint of that step is restored
        generation(random.nextInt(1, 6), random.nextInt(1, 12));
      }
      for (long epoch = 0; epoch < 2; epoch++) {
        count(epoch);
      }
    }

    private void generation(int members, int steps) {
      var ranges =
          new StepRanges(new Generation(++generation), used.size(), sampler, random.nextInt(1, 9));
      for (int i = 0; i < steps && used.size() < lastStep; i++) {
        var samples = step(ranges, members, used.size() + 1);
        if (samples == null) {
          return; // a member was lost within the step
        }
        used.add(samples);
      }
    }

    private long[] step(StepRanges ranges, int members, long step) {
      var requests = new int[members];
      var done = new BitSet();
      var samples = new ArrayList<Long>();
      while (done.cardinality() < members) {
        int member = random.nextInt(members);
        if (random.nextInt(200) == 0) {
          return null;
        }
        if (!done.get(member)) {
          var lent = ask(ranges, member, step, requests[member]++);
          done.set(member, lent.count() == 0);
          for (long sample : sampler.indices(lent.epoch(), lent.from(), lent.count())) {
            samples.add(sample);
          }
        }
      }
      return samples.stream().mapToLong(Long::longValue).toArray();
    }

    private Lent ask(StepRanges ranges, int member, long step, int request) {
      var consumer = new Consumer("n0/" + member);
      var lent = ranges.take(consumer, step, request).orElseThrow();
      if (random.nextInt(10) == 0) {
        assertThat(ranges.take(consumer, step, request)).as(context).contains(lent);
      }
      return lent;
    }

    private void count(long epoch) {
      var seen = new BitSet();
      long first = epoch * sampler.stepsPerEpoch();
      long total = 0;
      for (long step = first; step < first + sampler.stepsPerEpoch(); step++) {
        for (long sample : used.get((int) step)) {
          seen.set((int) sample);
          total++;
        }
      }
      assertThat(total).as(context).isEqualTo(sampler.samples());
      assertThat(seen.cardinality()).as(context).isEqualTo((int) sampler.samples());
    }
  }
}
