package dev.muster.master.quorum;

import static dev.muster.master.quorum.StepCommit.Healing.ASYNC;
import static dev.muster.master.quorum.StepCommit.Healing.NO;
import static dev.muster.master.quorum.StepCommit.Healing.SYNC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.quorum.StepCommit.Round;
import dev.muster.master.quorum.StepCommit.WorldSize;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class StepCommitTest {

  @Test
  void givenA21_whenTheOtherReplicaHealsAsynchronously_thenNotCommittedAndItHoldsTheCohortsStep() {
    var round = new Round(List.of(NO, ASYNC), 20, 2);
    StepCommit commit = StepCommit.decide(round, List.of(true, true));
    assertThat(round.participates(1)).as("its gradients are zeroed").isFalse();
    assertThat(commit.committed()).isFalse();
    assertThat(commit.step()).isEqualTo(20);
    assertThat(commit.committedBatches()).isZero();
    assertThat(commit.reason()).contains("minReplicas=2 participants=1");
  }

  @Test
  void givenA22_whenItHealedBeforeTheStep_thenCommittedAsStep21() {
    StepCommit commit = StepCommit.decide(new Round(List.of(NO, SYNC), 20, 2), List.of(true));
    assertThat(commit.committed()).isTrue();
    assertThat(commit.step()).isEqualTo(21);
    assertThat(commit.committedBatches()).isEqualTo(2);
  }

  @Test
  void givenAnErrorOnOneLocalRank_whenDecided_thenTheStepIsDiscardedByAll() {
    StepCommit commit = StepCommit.decide(new Round(List.of(NO, NO), 7, 1), List.of(true, false));
    assertThat(commit.committed()).isFalse();
    assertThat(commit.step()).isEqualTo(7);
  }

  @Test
  void givenA24_whenFiveOfTenParticipate_thenTheDivisorIsFiveUnlessTheSizeIsFixed() {
    assertThat(StepCommit.divisor(new WorldSize.Dynamic(), 5)).isEqualTo(5);
    var fixed = new WorldSize.FixedWithSpares(4);
    assertThat(StepCommit.divisor(fixed, 5)).isEqualTo(4);
    assertThat(IntStream.range(0, 5).mapToObj(place -> StepCommit.contributes(fixed, place)))
        .containsExactly(true, true, true, true, false);
    assertThat(StepCommit.contributes(new WorldSize.Dynamic(), 4)).isTrue();
  }
}
