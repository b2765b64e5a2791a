package dev.muster.worker.agent;

import static dev.muster.protocol.local.ControlPage.Phase.AGREEING;
import static dev.muster.protocol.local.ControlPage.Phase.COMPUTING;
import static dev.muster.protocol.local.ControlPage.Phase.FINISHED;
import static dev.muster.protocol.local.ControlPage.Phase.IDLE;
import static dev.muster.protocol.local.ControlPage.Phase.JOINING;
import static dev.muster.protocol.local.ControlPage.Phase.RESTORING;
import static dev.muster.protocol.local.ControlPage.Phase.WAITING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.flight.Diagnosis;
import dev.muster.protocol.local.ControlPage.Phase;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HangDetectorTest {
  private static final long MS = 1_000_000L;
  private static final HangDetector.Limits LIMITS =
      new HangDetector.Limits(3, 2_000 * MS, 10_000 * MS, 60_000 * MS, 20 * MS);

  private final List<HangDetector.Observation> members = new ArrayList<>();
  private final List<Long> arrivals = new ArrayList<>();

  private HangDetectorTest member(Phase phase, long arrived, long stalledMs) {
    return member(phase, arrived, stalledMs, false, 100);
  }

  private HangDetectorTest member(
      Phase phase, long arrived, long stalledMs, boolean stopped, long steps) {
    int rank = members.size();
    members.add(
        new HangDetector.Observation(
            AgentFixture.worker(rank), rank, phase, arrived, stalledMs * MS, stopped, steps));
    arrivals.add(arrived);
    return this;
  }

  private List<Integer> hung(HangDetector.Limits limits) {
    return HangDetector.decide(members, arrivals, limits).hung().stream()
        .map(h -> h.worker().number())
        .toList();
  }

  private List<Integer> hung() {
    return hung(LIMITS);
  }

  @Test
  void givenOneComputesForeverAndOthersWait_whenDecided_thenOnlyItIsNamed() {
    assertThat(member(WAITING, 9, 5000).member(COMPUTING, 8, 5000).member(AGREEING, 9, 5000).hung())
        .containsExactly(1);
  }

  @Test
  void givenStoppedWhileItWaited_whenPeersMovedOn_thenItIsNamed() {
    assertThat(member(WAITING, 10, 2500).member(WAITING, 9, 2500).member(WAITING, 10, 2500).hung())
        .containsExactly(1);
  }

  @Test
  void givenBelowTheFloor_whenDecided_thenNobody() {
    assertThat(member(WAITING, 9, 1999).member(COMPUTING, 8, 1999).hung()).isEmpty();
  }

  @Test
  void givenSlowSteps_whenBelowThreeTimesP99_thenNobodyAndThenOne() {
    var slow = new HangDetector.Limits(3, 2_000 * MS, 10_000 * MS, 60_000 * MS, 4_000 * MS);
    assertThat(member(COMPUTING, 8, 11_999).member(WAITING, 9, 11_999).hung(slow)).isEmpty();
    members.clear();
    arrivals.clear();
    assertThat(member(COMPUTING, 8, 12_000).member(WAITING, 9, 12_000).hung(slow))
        .containsExactly(0);
  }

  @Test
  void givenFirstStepsOfAGeneration_whenCodeIsCompiled_thenTheLaxFloorHolds() {
    assertThat(member(COMPUTING, 1, 9_999, false, 2).member(WAITING, 2, 9_999, false, 2).hung())
        .isEmpty();
    members.clear();
    arrivals.clear();
    assertThat(member(COMPUTING, 1, 10_000, false, 2).member(WAITING, 2, 10_000, false, 2).hung())
        .containsExactly(0);
  }

  @Test
  void givenRemoteRankIsBehind_whenAllLocalOnesWait_thenNobodyHereIsNamed() {
    member(WAITING, 9, 50_000).member(WAITING, 9, 50_000);
    arrivals.add(8L);
    assertThat(hung()).isEmpty();
  }

  @Test
  void givenRanksOnOtherMachines_whenOneSeemsBehindHere_thenItWaitsForThemAndIsNotNamed() {
    member(WAITING, 9, 7_999).member(WAITING, 8, 7_999);
    arrivals.add(-1L);
    assertThat(hung()).isEmpty();
  }

  @Test
  void givenRanksOnOtherMachines_whenOneStopsOrComputesForEver_thenItIsNamed() {
    member(WAITING, 9, 2_500).member(WAITING, 8, 2_500, true, 100).member(COMPUTING, 8, 2_500);
    arrivals.add(-1L);
    assertThat(hung()).containsExactly(1, 2);
  }

  @Test
  void givenRanksOnOtherMachines_whenNobodyThereIsNamed_thenTheDeadLockEndsHere() {
    member(WAITING, 9, 8_000).member(WAITING, 8, 8_000);
    arrivals.add(-1L);
    assertThat(hung()).containsExactly(0);
  }

  @Test
  void givenRestoringOrNotYetJoined_whenWithinTheStartBound_thenNobodyElseOne() {
    assertThat(
            member(RESTORING, 0, 59_999).member(IDLE, 0, 59_999).member(JOINING, 0, 59_999).hung())
        .isEmpty();
    members.clear();
    arrivals.clear();
    assertThat(
            member(RESTORING, 0, 60_000)
                .member(WAITING, 1, 60_000)
                .member(WAITING, 1, 60_000)
                .hung())
        .containsExactly(0);
    members.clear();
    arrivals.clear();
    assertThat(
            member(JOINING, 0, 60_000)
                .member(JOINING, 0, 60_000, true, 0)
                .member(JOINING, 0, 60_000)
                .hung())
        .containsExactly(1);
  }

  @Test
  void givenFinishedMembers_whenOthersAreLate_thenTheFinishedAreNeverNamed() {
    assertThat(member(FINISHED, 9, 90_000).member(COMPUTING, 9, 1000).hung()).isEmpty();
  }

  @Test
  void givenMostAreLateAtOnce_whenDecided_thenTheBoundDoubles() {
    assertThat(
            member(COMPUTING, 8, 3000).member(COMPUTING, 8, 3000).member(WAITING, 9, 3000).hung())
        .isEmpty();
    members.clear();
    arrivals.clear();
    assertThat(
            member(COMPUTING, 8, 4000).member(COMPUTING, 8, 4000).member(WAITING, 9, 4000).hung())
        .containsExactly(0, 1);
  }

  @Test
  void givenDeadLock_whenAllWaitAtTheSamePoint_thenTheStoppedOneElseRankZero() {
    assertThat(member(WAITING, 9, 4000).member(WAITING, 9, 4000, true, 50).hung())
        .containsExactly(1);
    members.clear();
    arrivals.clear();
    assertThat(member(WAITING, 9, 4000).member(WAITING, 9, 4000).hung()).containsExactly(0);
    members.clear();
    arrivals.clear();
    assertThat(member(WAITING, 9, 3999).member(WAITING, 9, 3999).hung()).isEmpty();
  }

  @Test
  void givenStarvedProcess_whenItStandsInTheRunQueue_thenThatTimeIsTakenOffUpToABound() {
    long interval = 100 * MS;
    var first = Stall.first(reading(5, 0), 0);
    assertThat(first.next(reading(5, 75 * MS), interval, interval).stalledNs()).isEqualTo(25 * MS);
    assertThat(first.next(reading(5, 900 * MS), interval, interval).stalledNs()).isEqualTo(10 * MS);
    assertThat(first.next(reading(6, 0), interval, interval).stalledNs()).isZero();
  }

  @Test
  void givenAgentCouldNotLook_whenItLooksAgain_thenTheGapIsNotCounted() {
    long interval = 100 * MS;
    assertThat(Stall.first(reading(5, 0), 0).next(reading(5, 0), 30_000 * MS, interval).stalledNs())
        .isEqualTo(200 * MS);
  }

  private static Reading reading(long progress, long starvedNs) {
    return new Reading(
        AgentFixture.worker(0), 1, 3, 4, COMPUTING, progress, 0, 0, 0, starvedNs, false);
  }

  @Test
  void givenAStoppedMember_whenItEntersEvaluatesOrIsNew_thenTheFloorHoldsForItAlone() {
    member(RESTORING, 1, 2_000, true, 0).member(RESTORING, 1, 2_000).member(RESTORING, 1, 2_000);
    assertThat(hung()).containsExactly(0);
    members.clear();
    arrivals.clear();
    member(FINISHED, 1, 2_000, true, 9).member(FINISHED, 1, 2_000);
    assertThat(hung()).containsExactly(0);
    members.clear();
    arrivals.clear();
    member(COMPUTING, 1, 2_000, true, 0).member(WAITING, 2, 2_000, false, 0);
    assertThat(hung()).containsExactly(0);
  }

  /** Its count of meetings is the lowest, but it waits for a message of another one. */
  @Test
  void givenARankThatWaitsInAMessage_whenRecordersNameTheOtherEnd_thenOnlyThatIsBlamed() {
    member(WAITING, 8, 5000).member(WAITING, 9, 5000).member(COMPUTING, 8, 5000);
    assertThat(hung()).containsExactly(0, 2);
    var diagnosis = new Diagnosis(Diagnosis.Cause.NOT_ARRIVED, List.of(2), "rank 2 did not arrive");
    assertThat(HangDetector.decide(members, arrivals, diagnosis, LIMITS).hung())
        .singleElement()
        .satisfies(h -> {
          assertThat(h.worker()).isEqualTo(AgentFixture.worker(2));
          assertThat(h.evidence()).endsWith("; rank 2 did not arrive");
        });
  }

  @Test
  void givenRecordersThatNameARank_whenItIsBelowItsBound_thenNobodyIsNamed() {
    member(WAITING, 9, 1500).member(WAITING, 8, 1500);
    var diagnosis = new Diagnosis(Diagnosis.Cause.NOT_ARRIVED, List.of(1), "rank 1");
    assertThat(HangDetector.decide(members, arrivals, diagnosis, LIMITS).hung()).isEmpty();
  }

  @Test
  void givenRanksOnOtherMachines_whenRecordersOfAllNameOneHere_thenItIsBlamedThoughItWaits() {
    member(WAITING, 9, 5000).member(WAITING, 8, 5000);
    arrivals.add(-1L);
    var here = new Diagnosis(Diagnosis.Cause.NOT_ARRIVED, List.of(1), "rank 1 did not arrive");
    assertThat(HangDetector.decide(members, arrivals, here, LIMITS).hung())
        .extracting(HangDetector.Hung::worker)
        .containsExactly(AgentFixture.worker(1));
    var elsewhere = new Diagnosis(Diagnosis.Cause.NOT_ARRIVED, List.of(2), "rank 2");
    assertThat(HangDetector.decide(members, arrivals, elsewhere, LIMITS).hung()).isEmpty();
  }
}
