package dev.muster.collectives.flight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Call;
import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiagnosisTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = 100 * SECOND;
  private static final Call REDUCE =
      new Call(Call.Kind.ALL_REDUCE, DType.FLOAT32, ReduceOp.SUM, 1 << 20, 0);
  private static final Call GATHER =
      new Call(Call.Kind.ALL_GATHER, DType.FLOAT32, null, 1 << 10, 0);

  private final List<Standing> ranks = new ArrayList<>();
  private List<Long> arrivals = List.of();

  private DiagnosisTest in(long number, Call call, double sinceS) {
    return add(number, call, sinceS, 0);
  }

  private DiagnosisTest after(long number, Call call, double endedS) {
    return add(number, call, endedS + 1, NOW - (long) (endedS * SECOND));
  }

  private DiagnosisTest add(long number, Call call, double startedS, long endNs) {
    var record = new RecordedCall(number, number, call, -1, NOW - ns(startedS), endNs);
    ranks.add(new Standing(ranks.size(), true, record, record, List.of()));
    return this;
  }

  /** Its last collective has returned, now it waits in a message. */
  private DiagnosisTest message(long reached, Call.Kind kind, int peer, int from) {
    var before = new RecordedCall(reached, reached, REDUCE, -1, 1, 2);
    var call = new Call(kind, DType.UINT8, null, 100, peer);
    var record = new RecordedCall(reached + 1, 1, call, from, NOW - 3 * SECOND, 0);
    ranks.add(new Standing(ranks.size(), true, record, before, List.of(peer)));
    return this;
  }

  private static long ns(double seconds) {
    return (long) (seconds * SECOND);
  }

  private Diagnosis decide() {
    return Diagnosis.decide("dp", ranks, arrivals, NOW);
  }

  /** Of another host, which told it so long ago. */
  private DiagnosisTest heard(double agoS) {
    var last = ranks.removeLast();
    ranks.add(
        new Standing(
            last.rank(), true, last.newest(), last.collective(), List.of(), NOW - ns(agoS)));
    return this;
  }

  @Test
  void givenOneOfAnotherHost_whenItWasHeardAfterTheOthersBeganToWait_thenItIsNamed() {
    in(118, REDUCE, 2.1).in(118, REDUCE, 0.5).after(117, GATHER, 2.3).heard(0.2);
    assertThat(decide().cause()).isEqualTo(Diagnosis.Cause.NOT_ARRIVED);
    assertThat(decide().suspects()).containsExactly(2);
    assertThat(decide().text()).endsWith("(on another host, which told it 0.2 s ago)");
  }

  @Test
  void givenOneOfAnotherHost_whenItWasNotHeardSinceTheOthersWait_thenNobodyIsNamed() {
    in(118, REDUCE, 0.1).in(118, REDUCE, 0.1).after(117, GATHER, 0.3).heard(0.2);
    assertThat(decide().cause()).isEqualTo(Diagnosis.Cause.NOT_HEARD);
    assertThat(decide().suspects()).isEmpty();
    assertThat(decide().text())
        .startsWith("rank 2 of other hosts has not been heard since ranks 0, 1 have begun to wait");
  }

  @Test
  void givenLateOnesOfBothHosts_whenOneWasNotHeardSince_thenTheOtherIsNamed() {
    in(118, REDUCE, 0.1).after(117, REDUCE, 0.5).after(117, GATHER, 0.3).heard(0.2);
    assertThat(decide().cause()).isEqualTo(Diagnosis.Cause.NOT_ARRIVED);
    assertThat(decide().suspects()).containsExactly(1);
  }

  @Test
  void givenCountsOfOneHostOnly_whenAllAreInOneCall_thenNobodyIsBehindByThem() {
    in(118, REDUCE, 2).in(118, REDUCE, 2).in(118, REDUCE, 2).heard(0.1);
    arrivals = List.of(7L, 9L, -1L);
    assertThat(decide().cause()).isEqualTo(Diagnosis.Cause.NONE);
  }

  @Test
  void givenOneThatDidNotArrive_whenDecided_thenItIsNamedWithItsLastCall() {
    in(118, REDUCE, 2.1).in(118, REDUCE, 2.05).after(117, GATHER, 2.3).in(118, REDUCE, 2.0);
    assertThat(decide().suspects()).containsExactly(2);
    assertThat(decide().text())
        .isEqualTo(
            "rank 2 did not arrive at allReduce #118 of dp (FLOAT32, 4 MiB); ranks 0, 1, 3 wait in"
                + " it since 2.1 s; its last was allGather #117 of dp (FLOAT32, 4 KiB), ended 2.3 s"
                + " ago");
  }

  @Test
  void givenOneStuckInTheCallBefore_whenDecided_thenItIsNamedInIt() {
    in(5, REDUCE, 1).in(4, GATHER, 1.5);
    assertThat(decide().cause()).isEqualTo(Diagnosis.Cause.NOT_ARRIVED);
    assertThat(decide().text())
        .isEqualTo(
            "rank 1 did not arrive at allReduce #5 of dp (FLOAT32, 4 MiB); rank 0 waits in it since"
                + " 1.0 s; its call goes on: allGather #4 of dp (FLOAT32, 4 KiB) since 1.5 s");
  }

  @Test
  void givenCallsThatDiffer_whenDecided_thenTheSmallerSideIsSuspect() {
    in(7, REDUCE, 1).in(7, GATHER, 1).in(7, REDUCE, 1);
    assertThat(decide().cause()).isEqualTo(Diagnosis.Cause.DIFFERENT_CALLS);
    assertThat(decide().suspects()).containsExactly(1);
    assertThat(decide().text())
        .isEqualTo(
            "call #7 of dp differs: ranks 0, 2 called allReduce op=SUM dtype=FLOAT32"
                + " elements=1048576; rank 1 called allGather dtype=FLOAT32 elements=1024");
  }

  @Test
  void givenTwoSidesOfEqualSize_whenTheyDiffer_thenBothAreSuspect() {
    in(7, REDUCE, 1).in(7, GATHER, 1);
    assertThat(decide().suspects()).containsExactly(0, 1);
  }

  @Test
  void givenARankThatWaitsInAMessage_whenOthersWaitForIt_thenTheOtherEndIsNamed() {
    in(9, REDUCE, 2).message(8, Call.Kind.RECEIVE, 2, 2).after(8, REDUCE, 4);
    assertThat(decide().suspects()).containsExactly(2);
    assertThat(decide().text())
        .contains("rank 2 did not arrive at allReduce #9")
        .contains("rank 1 waits in receive #1 of dp (UINT8, 100 bytes) from rank 2 since 3.0 s");
  }

  @Test
  void givenASenderWhoseReceiverIsInACollective_whenDecided_thenItIsADeadlock() {
    message(8, Call.Kind.SEND, 1, -1).in(9, REDUCE, 2).in(9, REDUCE, 2);
    assertThat(decide().cause()).isEqualTo(Diagnosis.Cause.DEADLOCK);
    assertThat(decide().suspects()).containsExactly(0, 1);
    assertThat(decide().text()).startsWith("ranks 0, 1 wait for one another; rank 0 waits in send");
  }

  /** Dead or stopped: its message was taken, and the receiver has gone on. */
  @Test
  void givenASenderThatWasAnswered_whenOthersWait_thenItIsNamedAlone() {
    message(8, Call.Kind.SEND, 1, -1).in(9, REDUCE, 2);
    var sender = ranks.getFirst();
    ranks.set(0, new Standing(0, true, sender.newest(), sender.collective(), List.of()));
    assertThat(decide().suspects()).containsExactly(0);
    assertThat(decide().text()).contains("its call goes on: send #1");
  }

  @Test
  void givenTwoThatReceiveFromEachOther_whenAThirdWaits_thenOnlyTheCircleIsNamed() {
    message(8, Call.Kind.RECEIVE, 1, 1).message(8, Call.Kind.RECEIVE, 0, 0).in(9, REDUCE, 2);
    assertThat(decide().suspects()).containsExactly(0, 1);
  }

  @Test
  void givenOnlyMessages_whenTheOtherEndIsInNoCall_thenItDidNotAnswer() {
    message(0, Call.Kind.SEND, 1, 1);
    ranks.add(new Standing(1, true, null, null, List.of()));
    assertThat(decide().text())
        .isEqualTo(
            "rank 1 did not answer; rank 0 waits in send #1 of dp (UINT8, 100 bytes) to rank 1 and"
                + " from rank 1 since 3.0 s; its first call has not come");
  }

  @Test
  void givenARankWithoutRecorder_whenOthersWait_thenThatIsSaid() {
    in(1, REDUCE, 2);
    ranks.add(Standing.unknown(1));
    assertThat(decide().suspects()).containsExactly(1);
    assertThat(decide().text()).endsWith("it has not joined, or runs on another host");
  }

  @Test
  void givenAllInOneCall_whenOnePassedFewerMeetings_thenItIsBehind() {
    in(3, REDUCE, 1).in(3, REDUCE, 1).in(3, REDUCE, 1);
    assertThat(decide().cause()).isEqualTo(Diagnosis.Cause.NONE);
    arrivals = List.of(14L, 12L, 14L);
    assertThat(decide().suspects()).containsExactly(1);
    assertThat(decide().text()).contains("rank 1 passed 2 fewer of its meetings");
  }

  @Test
  void givenARevokedGroup_whenDecided_thenCallsLeftWithAnErrorCountAsWaiting() {
    add(118, REDUCE, 2, -NOW).after(117, GATHER, 3);
    assertThat(decide().suspects()).containsExactly(1);
  }

  @Test
  void givenNobodyInACall_whenDecided_thenNothingIsSaid() {
    after(3, REDUCE, 1).after(4, REDUCE, 1);
    assertThat(decide()).isEqualTo(new Diagnosis(Diagnosis.Cause.NONE, List.of(), ""));
    ranks.clear();
    assertThat(decide().cause()).isEqualTo(Diagnosis.Cause.NONE);
  }

  /** Any group in which some stand still and all others have arrived. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenAnyThatStandStill_whenAllOthersWait_thenExactlyTheyAreNamed(long seed) {
    var random = new Random(seed);
    int worldSize = 2 + random.nextInt(60);
    var still = new ArrayList<Integer>();
    for (int rank = 0; rank < worldSize; rank++) {
      if (rank > 0 && random.nextInt(4) == 0) {
        still.add(rank);
        after(40 - random.nextInt(3), GATHER, 5);
      } else {
        in(41, REDUCE, 4);
      }
    }
    arrivals = LongStream.range(0, worldSize).boxed().toList();
    var expected = still.isEmpty() ? List.of(0) : still; // by arrivals, then
    assertThat(decide().suspects()).as("seed=%d", seed).isEqualTo(expected);
  }
}
