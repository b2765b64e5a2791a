package dev.muster.master.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.master.data.NamedRanges.Lent;
import dev.muster.protocol.Generation;
import dev.muster.worker.NamedDataset;
import dev.muster.worker.RangeSource;
import dev.muster.worker.data.Positions;
import dev.muster.worker.data.Spans;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class NamedRangesTest {
  private static final NamedDataset STREAM = NamedDataset.stream("x", 10);
  private static final Generation FIRST = new Generation(1);
  private static final Consumer A = new Consumer("a");
  private static final Consumer B = new Consumer("b");

  private static SortedMap<String, Spans> done(String text) {
    return Positions.parse(text).of("x");
  }

  private static NamedRanges after(long step, String done) {
    return new NamedRanges(STREAM, FIRST, step, done(done));
  }

  @Test
  void givenPartitions_whenTaken_thenTheyTakeTurns_alsoANewOne_andOneWithoutAnEnd() {
    var ranges = after(0, "");
    assertThat(ranges.takeToUse(A, 1, 100)).isEmpty();
    ranges.offer("p", 15);
    ranges.offer("q", RangeSource.NO_END);
    assertThat(ranges.takeToUse(A, 1, 100)).contains(new Lent("p", 0, 10));
    assertThat(ranges.takeToUse(B, 1, 4)).contains(new Lent("q", 0, 4));
    ranges.offer("r", 1);
    assertThat(ranges.takeToUse(B, 1, 100)).contains(new Lent("p", 10, 15));
    assertThat(ranges.takeToUse(B, 1, 100)).contains(new Lent("q", 4, 14));
    assertThat(ranges.takeToUse(B, 1, 100)).contains(new Lent("r", 0, 1));
    assertThat(ranges.takeToUse(B, 1, 100)).contains(new Lent("q", 14, 24));
    ranges.offer("p", 3);
    assertThat(ranges.takeToUse(B, 1, 100)).as("never back").contains(new Lent("q", 24, 34));
  }

  @Test
  void givenAStateWithGaps_whenTheNextGenerationTakes_thenTheGapsComeFirst() {
    var ranges = after(7, "x p 0-20,30-40\nx q 5-8");
    assertThat(ranges.computes(7)).isFalse();
    assertThat(ranges.computes(8)).isTrue();
    assertThat(ranges.takeToUse(A, 8, 100)).contains(new Lent("q", 0, 5));
    assertThat(ranges.takeToUse(A, 8, 100)).contains(new Lent("p", 20, 30));
    assertThat(ranges.takeToUse(A, 8, 100)).as("not offered yet").isEmpty();
    ranges.offer("p", 41);
    assertThat(ranges.takeToUse(A, 8, 100)).contains(new Lent("p", 40, 41));
  }

  @Test
  void givenIndices_whenAnEpochIsLent_thenTheNextBegins_andAfterTheLastThereIsNone() {
    var dataset = NamedDataset.ordered("x", 10, 15, 2);
    var ranges = new NamedRanges(dataset, FIRST, 3, done("x epochs 0-10"));
    assertThat(ranges.takeToUse(A, 4, 100)).contains(new Lent("0", 10, 15));
    assertThat(ranges.takeToUse(A, 4, 100)).contains(new Lent("1", 0, 10));
    assertThat(ranges.takeToUse(A, 4, 100)).contains(new Lent("1", 10, 15));
    assertThat(ranges.takeToUse(A, 4, 100)).isEmpty();
    assertThat(ranges.offer("p", 3)).contains("only a stream");
  }

  @Test
  void givenTheNextEpochIsDoneInPartOnly_whenRestored_thenWhatWasLeftOfTheFormerIsLent() {
    var dataset = NamedDataset.ordered("x", 10, 15, 2);
    var ranges = new NamedRanges(dataset, FIRST, 3, done("x epochs 20-25"));
    assertThat(ranges.takeToUse(A, 4, 100)).contains(new Lent("0", 0, 10));
    assertThat(ranges.takeToUse(A, 4, 100)).contains(new Lent("0", 10, 15));
    assertThat(ranges.takeToUse(A, 4, 100)).contains(new Lent("1", 0, 5));
    assertThat(ranges.takeToUse(A, 4, 100)).contains(new Lent("1", 10, 15));
  }

  @Test
  void givenManyEpochs_whenAllIsDoneOfThem_thenTheirStateIsOneSpan_andTheNextIsLent() {
    var dataset = NamedDataset.ordered("x", 10, 15, 0);
    var ranges = new NamedRanges(dataset, FIRST, 3, done("x epochs 0-1500000000"));
    assertThat(ranges.takeToUse(A, 4, 100)).contains(new Lent("100000000", 0, 10));
    var gaps = new NamedRanges(dataset, FIRST, 3, done("x epochs 0-10,40-45"));
    assertThat(gaps.takeToUse(A, 4, 100)).contains(new Lent("0", 10, 15));
    assertThat(gaps.takeToUse(A, 4, 100)).contains(new Lent("1", 0, 10));
    assertThat(gaps.takeToUse(A, 4, 100)).contains(new Lent("1", 10, 15));
    assertThat(gaps.takeToUse(A, 4, 100)).contains(new Lent("2", 0, 10));
    assertThat(gaps.takeToUse(A, 4, 100)).contains(new Lent("3", 0, 10));
  }

  @Test
  void givenAConsumerThatIsLost_whenItsRangeIsClaimed_thenItIsNot_andAnotherGetsIt() {
    var ranges = after(0, "");
    ranges.offer("p", 10);
    var lent = ranges.takeToHold(A, 100).orElseThrow();
    assertThat(ranges.takeToHold(B, 100)).isEmpty();
    assertThat(ranges.held(A, lent)).isEmpty();
    assertThat(ranges.held(B, lent)).contains("does not hold");
    ranges.lost(A);
    assertThat(ranges.claim(A, 1, lent)).contains("does not hold");
    assertThat(ranges.takeToHold(B, 100)).contains(lent);
    assertThat(ranges.claim(A, 1, lent)).contains("does not hold");
    assertThat(ranges.unused(1, lent)).contains("step=1 does not use");
    assertThat(ranges.claim(B, 1, lent)).isEmpty();
    assertThat(ranges.giveBack(B, lent)).as("it is the step's").contains("does not hold");
    assertThat(ranges.unused(2, lent)).contains("step=2 does not use");
    assertThat(ranges.unused(1, lent)).isEmpty();
    assertThat(ranges.giveBack(B, new Lent("nowhere", 0, 1))).contains("no such partition");
  }

  @Test
  void givenSpansThatMeet_whenJoined_thenTheyAreOne_andASpanTwiceIsAnError() {
    var spans = Spans.parse("0-5,10-20").with(new Spans.Span(5, 10));
    assertThat(spans).isEqualTo(Spans.parse("0-20"));
    assertThat(Spans.parse("3-5,10-20").gaps(25)).isEqualTo(Spans.parse("0-3,5-10,20-25"));
    assertThat(Spans.parse("3-5,10-20").gaps(4)).isEqualTo(Spans.parse("0-3"));
    var positions = Positions.parse("x p 0-20");
    assertThatThrownBy(() -> positions.used("x", "p", new Spans.Span(19, 30)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("dataset=x partition=p")
        .hasMessageContaining("used twice");
  }

  @Test
  void givenRandomHistories_whenPlayed_thenEachRecordIsCommittedOnce_andNoneIsDropped() {
    int[] seen = new int[5];
    for (long seed = 1; seed <= 1_000; seed++) {
      var history = new StreamHistory(seed, false);
      try {
        history.run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("replay: new StreamHistory(" + seed + ", false).run()", e);
      }
      seen[0] += history.redone;
      seen[1] += history.restored;
      seen[2] += history.claimed;
      seen[3] += history.givenBack;
      seen[4] += history.stale;
    }
    System.out.printf(
        "1000 histories: redone=%d restored=%d claimed=%d givenBack=%d stale=%d%n",
        seen[0], seen[1], seen[2], seen[3], seen[4]);
    for (int count : seen) {
      assertThat(count).isGreaterThan(1_000);
    }
  }

  @Test
  void givenAPlantedBug_whenARangeIsUsedThatWasGivenBack_thenItIsFound() {
    int found = 0;
    for (long seed = 1; seed <= 100; seed++) {
      try {
        new StreamHistory(seed, true).run();
      } catch (AssertionError | IllegalStateException e) {
        found++;
      }
    }
    assertThat(found).isGreaterThan(90);
  }
}
