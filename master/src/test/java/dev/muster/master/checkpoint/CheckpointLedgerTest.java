package dev.muster.master.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.checkpoint.CheckpointLedger.Choice;
import dev.muster.master.checkpoint.CheckpointLedger.Point;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CheckpointLedgerTest {
  private static final NodeId A = new NodeId("a");
  private static final NodeId B = new NodeId("b");

  private final CheckpointLedger ledger = new CheckpointLedger();

  private static Generation generation(long number) {
    return new Generation(number);
  }

  private static Snapshot snapshot(long generation, long step) {
    return new Snapshot(generation(generation), step, 0, 1);
  }

  private static Point point(long generation, long step) {
    return new Point(step, generation(generation));
  }

  private Optional<Choice> newest() {
    return ledger.newest(holders -> true);
  }

  @Test
  void givenMemoryAndStorage_whenAsked_thenTheLaterStep_andOfTheSameStepMemory() {
    ledger.stored(point(1, 20));
    ledger.holds(A, List.of(snapshot(1, 10), snapshot(1, 20)));
    assertThat(newest()).contains(new Choice(Medium.MEMORY, point(1, 20), List.of(A)));
    ledger.stored(point(1, 30));
    assertThat(newest()).contains(new Choice(Medium.STORAGE, point(1, 30), List.of()));
  }

  @Test
  void givenTwoNodesOneSaveApart_whenBothAreNeeded_thenTheStepThatBothHold() {
    ledger.holds(A, List.of(snapshot(1, 10), snapshot(1, 20)));
    ledger.holds(B, List.of(snapshot(1, 20), snapshot(1, 30)));
    assertThat(ledger.newest(holders -> holders.size() == 2))
        .contains(new Choice(Medium.MEMORY, point(1, 20), List.of(A, B)));
  }

  @Test
  void givenALostNode_whenAsked_thenItsMemoryIsGone_andStorageIsNot() {
    ledger.holds(A, List.of(snapshot(1, 30)));
    ledger.stored(point(1, 20));
    ledger.lost(A);
    assertThat(newest()).contains(new Choice(Medium.STORAGE, point(1, 20), List.of()));
  }

  @Test
  void givenAGroupThatWentBack_whenAsked_thenLaterStepsOfEarlierGenerationsAreNotOffered() {
    ledger.holds(A, List.of(snapshot(5, 90), snapshot(5, 100)));
    ledger.stored(point(5, 100));
    ledger.begins(generation(6), 90);
    assertThat(newest()).contains(new Choice(Medium.MEMORY, point(5, 90), List.of(A)));
    assertThat(ledger.newestStored()).isEmpty();
    ledger.begins(generation(7), 95);
    assertThat(newest())
        .as("a later start does not bring it back")
        .contains(new Choice(Medium.MEMORY, point(5, 90), List.of(A)));
  }

  @Test
  void givenAGroupThatWentBack_whenAnEarlierOnesCommitIsToldLate_thenItIsNotOffered() {
    ledger.begins(generation(6), 90);
    assertThat(ledger.stored(point(5, 100))).isFalse();
    assertThat(ledger.stored(point(5, 90))).isTrue();
    assertThat(ledger.stored(point(5, 90))).as("known").isFalse();
    assertThat(ledger.newestStored()).contains(point(5, 90));
  }

  @Test
  void givenWhatCannotBeRead_whenAsked_thenTheOthersInTurn() {
    ledger.holds(A, List.of(snapshot(1, 30)));
    ledger.holds(B, List.of(snapshot(1, 30)));
    ledger.stored(point(1, 20));
    ledger.stored(point(1, 10));
    ledger.unreadable(new Choice(Medium.MEMORY, point(1, 30), List.of(A)));
    assertThat(newest()).contains(new Choice(Medium.MEMORY, point(1, 30), List.of(B)));
    ledger.unreadable(new Choice(Medium.MEMORY, point(1, 30), List.of(B)));
    ledger.unreadable(new Choice(Medium.STORAGE, point(1, 20), List.of()));
    assertThat(newest()).contains(new Choice(Medium.STORAGE, point(1, 10), List.of()));
  }

  @Test
  void givenMoreThanAreKept_whenRetained_thenTheNewestAndTheMultiplesStay() {
    for (long step : new long[] {10, 20, 30, 40}) {
      ledger.stored(point(1, step));
    }
    ledger.retain(1, 20);
    for (long expected : new long[] {40, 20}) {
      assertThat(ledger.newestStored()).contains(point(1, 40));
      var choice = newest().orElseThrow();
      assertThat(choice.point().step()).isEqualTo(expected);
      ledger.unreadable(choice);
    }
    assertThat(newest()).isEmpty();
  }

  @Test
  void givenANodeThatTellsOfNothing_whenAsked_thenWhatItToldBeforeCounts() {
    ledger.holds(A, List.of(snapshot(1, 10)));
    ledger.holds(A, List.of());
    assertThat(newest()).isPresent();
  }
}
