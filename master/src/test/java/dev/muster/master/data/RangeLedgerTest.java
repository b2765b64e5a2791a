package dev.muster.master.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.worker.data.Sampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class RangeLedgerTest {
  private static final Consumer A = new Consumer("a");
  private static final Consumer B = new Consumer("b");
  private Generation generation = Generation.NONE.next();
  private RangeLedger ledger;

  @BeforeEach
  void hundredInOrder() {
    ledger = start(new Dataset.Indices(100, 10, 1, false, 0));
  }

  @Test
  void givenALostHolder_whenOthersTake_thenItsLeasesComeFirstAndInOrder() {
    take(A, 1);
    take(B, 1);
    take(A, 1);
    decide(new RangeEvent.Lost(A));
    assertThat(List.of(take(B, 1), take(B, 1), take(B, 1)))
        .containsExactly(range(0, 10), range(20, 30), range(30, 40));
  }

  @Test
  void givenAStepThatIsDoneAgain_whenItTakes_thenItIsGivenWhatItUsedBefore() {
    take(A, 1);
    take(B, 1);
    use(B, 1, range(10, 14));
    use(A, 1, range(0, 10));
    take(A, 1);
    revoke(0);
    assertThat(List.of(take(A, 1), take(B, 1), take(B, 1)))
        .as("what step 1 used, then fresh; B still holds 14-20 and A 20-30")
        .containsExactly(range(0, 10), range(10, 14), range(30, 40));
    use(B, 1, range(14, 20));
  }

  @Test
  void givenWhatAnotherStepUsed_whenAStepTakes_thenItIsKeptForThatStepUntilItCommits() {
    take(A, 1);
    use(A, 1, range(0, 4));
    use(A, 2, range(4, 10));
    revoke(0);
    assertThat(take(B, 1)).isEqualTo(range(0, 4));
    assertThat(take(B, 1)).isEqualTo(range(10, 20));
    commit(2);
    assertThat(take(B, 3))
        .as("step 2 did not take it, so it goes to others")
        .isEqualTo(range(4, 10));
  }

  @Test
  void givenAUseThatIsCommitted_whenItsHolderIsLost_thenItIsDoneAndTheRestGoesBack() {
    take(A, 1);
    use(A, 1, range(3, 7));
    decide(new RangeEvent.Lost(A));
    commit(1);
    assertThat(ledger.doneIn(0)).isEqualTo(4);
    assertThat(List.of(take(B, 2), take(B, 2))).containsExactly(range(0, 3), range(7, 10));
  }

  @Test
  void givenARangeThatKeepsFailing_whenTheLimitIsReached_thenTheJobStopsAndTheRangeIsStillThere() {
    for (int i = 1; i < 3; i++) {
      assertThat(take(A, 1)).isEqualTo(range(0, 10));
      assertThat(fail(A, range(0, 10))).isInstanceOf(Ruling.Noted.class);
    }
    take(B, 1);
    var stop = fail(B, range(0, 10));
    assertThat(stop).isInstanceOf(Ruling.Stop.class);
    assertThat(stop.reason())
        .isEqualTo(
            "range failed: range=0:0[0,10) consumer=b failures=3 maxFailures=3 error=bad record; "
                + "stopping, look at these samples");
    assertThat(take(B, 1)).isEqualTo(range(0, 10));
  }

  @Test
  void givenAUsedPartThatFails_whenTheStepIsDoneAgain_thenItIsKeptForItWithItsCount() {
    take(A, 1);
    use(A, 1, range(0, 10));
    fail(A, range(2, 3));
    revoke(0);
    assertThat(List.of(take(B, 1), take(B, 1), take(B, 1)))
        .containsExactly(range(0, 2), range(2, 3), range(3, 10));
    fail(B, range(2, 3));
    take(A, 1);
    assertThat(fail(A, range(2, 3))).isInstanceOf(Ruling.Stop.class);
  }

  @Test
  void givenMessagesThatAreOutOfDate_whenDecided_thenTheyAreRefusedAndChangeNothing() {
    take(A, 1);
    use(A, 1, range(0, 5));
    commit(1);
    var old = generation;
    revoke(1);
    var before = ledger;
    for (RangeEvent event :
        List.of(
            new RangeEvent.Take(A, old, 2),
            new RangeEvent.Used(A, old, 2, range(5, 10)),
            new RangeEvent.Used(A, generation, 1, range(5, 10)),
            new RangeEvent.Used(B, generation, 2, range(5, 10)),
            new RangeEvent.Used(A, generation, 2, range(0, 10)),
            new RangeEvent.Failed(A, generation, range(0, 1), "done already"),
            new RangeEvent.Committed(old, 2),
            new RangeEvent.Committed(generation, 1),
            new RangeEvent.Revoked(generation, 1),
            new RangeEvent.Revoked(generation.next(), 0),
            new RangeEvent.Offered(0, 5))) {
      assertThat(decide(event)).as("%s", event).isInstanceOf(Ruling.Refused.class);
      assertThat(ledger).isEqualTo(before);
    }
  }

  @Test
  void givenAStateOfAnOlderStep_whenRestored_thenNobodyHoldsAnythingAndTheRestIsHandedOutInOrder() {
    take(A, 1);
    take(B, 1);
    use(A, 1, range(0, 10));
    use(B, 1, range(12, 15));
    commit(1);
    use(B, 2, range(15, 17));
    var state = ledger.state();
    assertThat(state.outstanding())
        .as("neighbours are joined")
        .containsExactly(new Piece(range(10, 12), 0), new Piece(range(15, 20), 0));
    commit(2);
    take(A, 3);
    ledger = RangeLedger.restore(ledger.dataset(), 3, generation.next(), state);
    generation = generation.next();
    assertThat(ledger.committed()).isEqualTo(1);
    assertThat(List.of(take(A, 2), take(A, 2), take(B, 2)))
        .containsExactly(range(10, 12), range(15, 20), range(20, 30));
  }

  @Test
  void givenTheLastRanges_whenOthersHoldThem_thenItIsWaitedAndOnceCommittedItIsOver() {
    ledger = start(new Dataset.Indices(15, 10, 2, false, 0));
    var all = List.of(take(A, 1), take(A, 1), take(A, 1), take(B, 1));
    assertThat(all.getLast()).isEqualTo(new Range(1, 0, 10, 15));
    assertThat(decide(new RangeEvent.Take(B, generation, 1)).reason())
        .isEqualTo("nothing to hand out: held=30 keptForSteps=[]");
    all.subList(0, 3).forEach(range -> use(A, 1, range));
    use(B, 1, all.getLast());
    commit(1);
    assertThat(decide(new RangeEvent.Take(B, generation, 2))).isInstanceOf(Ruling.Exhausted.class);
  }

  @Test
  void givenAShuffledEpoch_whenHandedOut_thenTheOrderIsTheSamplers() {
    var dataset = new Dataset.Indices(100, 7, 0, true, 42);
    ledger = start(dataset);
    var order = new ArrayList<Long>();
    for (int i = 0; i < 30; i++) {
      Arrays.stream(dataset.indices(take(A, 1))).forEach(order::add);
    }
    var sampler = new Sampler(42, 100, 100);
    var expected = new ArrayList<Long>();
    Arrays.stream(sampler.share(1, 0, 1)).forEach(expected::add);
    Arrays.stream(sampler.share(2, 0, 1)).forEach(expected::add);
    assertThat(order).isEqualTo(expected);
  }

  @Test
  void givenAStream_whenOffsetsArrive_thenPartitionsTakeTurnsUpToWhatIsThere() {
    ledger = start(new Dataset.Stream(3, 10));
    assertThat(decide(new RangeEvent.Take(A, generation, 1))).isInstanceOf(Ruling.Wait.class);
    decide(new RangeEvent.Offered(0, 25));
    decide(new RangeEvent.Offered(2, 8));
    decide(new RangeEvent.Offered(0, 20));
    assertThat(List.of(take(A, 1), take(B, 1), take(A, 1), take(A, 1)))
        .containsExactly(range(0, 10), new Range(0, 2, 0, 8), range(10, 20), range(20, 25));
    decide(new RangeEvent.Offered(2, 1_000_000));
    assertThat(take(B, 1)).isEqualTo(new Range(0, 2, 8, 18));
    use(B, 1, new Range(0, 2, 0, 8));
    commit(1);
    assertThat(ledger.doneIn(0)).isEqualTo(8);
    var restored = RangeLedger.restore(ledger.dataset(), 3, generation, ledger.state());
    assertThat(restored.state()).isEqualTo(ledger.state());
  }

  private RangeLedger start(Dataset dataset) {
    return RangeLedger.start(dataset, 3, generation);
  }

  private Ruling decide(RangeEvent event) {
    var ruling = ledger.decide(event);
    ledger = ruling.ledger();
    return ruling;
  }

  private Range take(Consumer consumer, long step) {
    var ruling = decide(new RangeEvent.Take(consumer, generation, step));
    assertThat(ruling).isInstanceOf(Ruling.Leased.class);
    return ((Ruling.Leased) ruling).range();
  }

  private void use(Consumer consumer, long step, Range range) {
    noted(new RangeEvent.Used(consumer, generation, step, range));
  }

  private Ruling fail(Consumer consumer, Range range) {
    return decide(new RangeEvent.Failed(consumer, generation, range, "bad record"));
  }

  private void commit(long step) {
    noted(new RangeEvent.Committed(generation, step));
  }

  private void revoke(long committed) {
    noted(new RangeEvent.Revoked(generation.next(), committed));
    generation = generation.next();
  }

  private void noted(RangeEvent event) {
    assertThat(decide(event)).as("%s", event).isInstanceOf(Ruling.Noted.class);
  }

  private static Range range(long from, long to) {
    return new Range(0, 0, from, to);
  }
}
