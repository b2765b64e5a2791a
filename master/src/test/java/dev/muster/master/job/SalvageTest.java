package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToAgent.Cut;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Snapshot;
import dev.muster.protocol.run.RunState;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Two workers on two nodes, snapshots every 10 steps, a checkpoint every hour; what memory holds
 * when the job ends.
 */
class SalvageTest {
  private static final NodeId A = new NodeId("a");
  private static final NodeId B = new NodeId("b");
  private static final WorkerId FIRST = new WorkerId(A, 0);
  private static final WorkerId OTHER = new WorkerId(B, 0);
  private static final Generation ONE = new Generation(1);
  private static final int NEVER_AGAIN = 93;

  private final DrivenJob job =
      new DrivenJob(
          DrivenJob.config(
              2, 2, 2, new JobSpec.Checkpoint(10, 2, 3600 * SECOND, 3600 * SECOND, 3, 0, "")));

  @BeforeEach
  void aGroupThatTrains() {
    job.registers(A, 1);
    job.registers(B, 1);
    job.ready(FIRST);
    job.ready(OTHER);
    job.trains(107);
  }

  @AfterEach
  void aReplayDecidesTheSame() {
    assertThat(job.differentInReplay()).isEmpty();
  }

  /** The trainer of A throws, and asks never to be restarted. */
  private void fails() {
    job.says(
        A,
        new ToMaster.WorkerExited(
            FIRST, ONE, Exit.code(NEVER_AGAIN), 107, 0, "java.lang.Error: not a number"));
  }

  private void holds(NodeId node, Snapshot... snapshots) {
    job.says(node, new ToMaster.Revoked(node, ONE, List.of(), List.of(snapshots)));
  }

  private static Snapshot of(long step, int shard) {
    return new Snapshot(ONE, step, shard, 2);
  }

  private void sharded() {
    job.says(B, new ToMaster.WorkerReady(OTHER, 1, "tokens", true));
  }

  private void committed(NodeId by, long step, String problem) {
    job.says(by, new ToMaster.CheckpointCommitted(by, ONE, step, problem));
  }

  private void ends(long checkpointStep) {
    assertThat(job.shutDown()).as(job.notes()).contains(A, B);
    job.says(A, new ToMaster.WorkerExited(FIRST, ONE, Exit.code(0), 107, 0, ""));
    job.says(B, new ToMaster.WorkerExited(OTHER, ONE, Exit.code(0), 107, 0, ""));
    assertThat(job.result().checkpointStep()).as(job.notes()).isEqualTo(checkpointStep);
  }

  private static ToAgent.Salvage order(long number, long step, Cut... cuts) {
    return new ToAgent.Salvage(number, ONE, step, 2, Arrays.asList(cuts));
  }

  private static Cut own(int shard) {
    return new Cut(shard, shard);
  }

  @Test
  void givenATrainerThatThrows_whenTheJobIsToEnd_thenTheNewestSnapshotsAreOnStorageBefore() {
    fails();
    assertThat(List.of(job.revoked(A), job.revoked(B))).containsExactly(ONE, ONE);
    holds(A, of(90, 0), of(100, 0));
    assertThat(job.salvages()).as("not before all have told").isEmpty();
    holds(B, of(90, 1), of(100, 1));
    assertThat(job.salvages()).containsExactly(order(1, 100, own(0)), order(2, 100, own(1)));
    job.salvaged(B, "");
    assertThat(job.commits()).isEmpty();
    job.salvaged(A, "");
    assertThat(job.commits()).containsExactly(new ToAgent.CommitCheckpoint(ONE, 100, 2));
    assertThat(job.shutDown()).isEmpty();
    committed(A, 100, "");
    ends(100);
    assertThat(job.result().state()).isEqualTo(RunState.FAILED);
    assertThat(job.result().firstCause().trace()).contains("not a number");
  }

  @Test
  void givenShardsOneSaveApart_whenTheJobIsToEnd_thenTheNewestStepThatAllHoldIsSaved() {
    sharded();
    fails();
    holds(A, of(90, 0), of(100, 0));
    holds(B, of(80, 1), of(90, 1));
    assertThat(job.salvages()).containsExactly(order(1, 90, own(0)), order(2, 90, own(1)));
  }

  @Test
  void givenAShardAtAPeer_whenItsNodeIsLost_thenThePeerWritesBoth() {
    sharded();
    job.fallsSilent(B);
    fails();
    holds(A, of(90, 0), of(90, 1), of(100, 0));
    job.passes(6 * SECOND);
    assertThat(job.salvages()).containsExactly(order(1, 90, own(0), own(1)));
    assertThat(job.salvagers()).containsExactly(A);
  }

  @Test
  void givenAReplicatedState_whenANodeIsLost_thenItsPartIsTakenFromAnother() {
    job.fallsSilent(B);
    fails();
    holds(A, of(100, 0));
    job.passes(6 * SECOND);
    assertThat(job.salvages()).containsExactly(order(1, 100, own(0), new Cut(1, 0)));
  }

  @Test
  void givenANodeThatCannotWrite_whenItSaysSo_thenAnotherDoes_orAnOlderStepIsSaved() {
    sharded();
    fails();
    holds(A, of(90, 0), of(90, 1), of(100, 0), of(100, 1));
    holds(B, of(90, 1), of(100, 1));
    assertThat(job.salvages()).containsExactly(order(1, 100, own(0)), order(2, 100, own(1)));
    job.salvaged(B, "damaged");
    assertThat(job.salvages().getLast()).isEqualTo(order(3, 100, own(1)));
    job.salvaged(A, "disk full");
    assertThat(job.notes()).contains("step 100 of generation 1 does not get to storage");
    assertThat(job.salvages().getLast().step()).isEqualTo(90);
    job.says(A, new ToMaster.Salvaged(A, 1, ""));
    assertThat(job.commits()).as("of a step that was given up").isEmpty();
  }

  @Test
  void givenNothingNewerThanStorage_whenTheJobIsToEnd_thenItEndsAtOnce() {
    committed(A, 100, "");
    fails();
    holds(A, of(90, 0), of(100, 0));
    holds(B, of(90, 1), of(100, 1));
    assertThat(job.salvages()).isEmpty();
    ends(100);
  }

  @Test
  void givenANodeThatWrites_whenItIsLost_thenAnotherWritesItsPart() {
    bothHold100();
    job.salvaged(A, "");
    job.fallsSilent(B);
    job.passes(8 * SECOND);
    assertThat(job.notes()).contains("node b is lost");
    assertThat(job.salvages().getLast()).isEqualTo(order(3, 100, new Cut(1, 0)));
    job.salvaged(A, "");
    assertThat(job.commits()).hasSize(1);
  }

  @Test
  void givenANodeThatDoesNotAnswer_whenItIsLate_thenWhatTheOthersHoldIsSaved() {
    fails();
    holds(A, of(100, 0));
    job.passes(6 * SECOND);
    assertThat(job.salvages()).as(job.notes()).isNotEmpty();
    assertThat(job.salvages().getFirst().step()).isEqualTo(100);
  }

  @Test
  void givenANewerStepThatIsToldOfLate_whenTheOlderOneIsSaved_thenItFollows() {
    sharded();
    fails();
    holds(A, of(90, 0), of(90, 1), of(100, 0));
    job.passes(6 * SECOND);
    assertThat(job.salvages()).containsExactly(order(1, 90, own(0), own(1)));
    holds(B, of(90, 1), of(100, 1));
    job.salvaged(A, "");
    committed(A, 90, "");
    assertThat(job.salvages()).contains(order(2, 100, own(0)), order(3, 100, own(1)));
    assertThat(job.shutDown()).isEmpty();
  }

  private void bothHold100() {
    fails();
    holds(A, of(90, 0), of(100, 0));
    holds(B, of(90, 1), of(100, 1));
  }

  @Test
  void givenStorageThatHangs_whenTheLimitIsOver_thenTheJobEndsWithout() {
    bothHold100();
    job.passes(299 * SECOND);
    assertThat(job.shutDown()).isEmpty();
    job.passes(2 * SECOND);
    assertThat(job.notes()).contains("step 100 is not on storage after 300.0 s");
    ends(0);
  }

  @Test
  void givenAnEndThatSaves_whenAStopIsAskedFor_thenItEndsAtOnce_asItWasToEnd() {
    bothHold100();
    job.stopRequested();
    ends(0);
    assertThat(job.result().state()).isEqualTo(RunState.FAILED);
  }

  @Test
  void givenACommitThatFails_whenTold_thenAnOlderStepIsSaved() {
    bothHold100();
    job.salvaged(A, "");
    job.salvaged(B, "");
    committed(A, 100, "disk full");
    assertThat(job.salvages().getLast().step()).isEqualTo(90);
  }

  /** Nobody else holds the shards, and no older state works either. */
  @Test
  void givenAStorageThatFailsForAMoment_whenItWorksAgain_thenTheNewestStepIsSaved() {
    fails();
    holds(A, of(100, 0));
    holds(B, of(100, 1));
    job.salvaged(A, "connection reset");
    job.salvaged(B, "connection reset");
    assertThat(job.shutDown()).as("it may work again").isEmpty();
    int before = job.salvages().size();
    job.passes(SECOND);
    assertThat(job.salvages().subList(before, job.salvages().size()))
        .extracting(ToAgent.Salvage::step)
        .containsOnly(100L);
    job.salvaged(A, "");
    job.salvaged(B, "");
    committed(A, 100, "connection reset");
    assertThat(job.shutDown()).isEmpty();
    job.passes(2 * SECOND);
    job.salvaged(A, "");
    job.salvaged(B, "");
    committed(A, 100, "");
    ends(100);
  }

  @Test
  void givenANewerStepThatFailed_whenAnOlderOneGetsThere_thenTheNewerIsTriedOnceMore() {
    bothHold100();
    job.salvaged(A, "connection reset");
    job.salvaged(B, "connection reset");
    assertThat(job.salvages().getLast().step()).isEqualTo(90);
    job.salvaged(A, "");
    job.salvaged(B, "");
    committed(A, 90, "");
    assertThat(job.shutDown()).isEmpty();
    job.passes(SECOND);
    assertThat(job.salvages().getLast().step()).isEqualTo(100);
    job.salvaged(A, "");
    job.salvaged(B, "");
    committed(B, 100, "");
    ends(100);
  }

  @Test
  void givenAStorageThatStaysBroken_whenTriedAFewTimes_thenTheJobEndsWithout() {
    fails();
    holds(A, of(100, 0));
    holds(B, of(100, 1));
    for (int attempt = 0; attempt < 5; attempt++) {
      assertThat(job.shutDown()).as("attempt %d", attempt).isEmpty();
      job.salvaged(A, "disk full");
      job.salvaged(B, "disk full");
      job.passes(8 * SECOND);
    }
    ends(0);
  }

  @Test
  void givenALinkThatBreaks_whenTheNodeIsBack_thenItIsOrderedAgain() {
    bothHold100();
    long before = job.salvageOrders();
    job.registers(B, 1, holding(90, 100));
    assertThat(job.salvageOrders()).isEqualTo(before + 1);
    assertThat(job.salvages()).hasSize(2);
    job.salvaged(A, "");
    job.salvaged(B, "");
    assertThat(job.commits()).hasSize(1);
    job.registers(A, 1, holding(90, 100));
    assertThat(job.commits()).as("it may not have heard").hasSize(2);
  }

  private static Snapshot[] holding(long... steps) {
    return Arrays.stream(steps).mapToObj(step -> of(step, 1)).toArray(Snapshot[]::new);
  }

  @Test
  void givenAnEndThatSaves_whenTheMasterIsReplaced_thenItIsSavedAllTheSame() {
    bothHold100();
    job.masterReplaced(job.journaled());
    job.registers(A, 1, of(90, 0), of(100, 0));
    job.registers(B, 1, of(90, 1), of(100, 1));
    job.salvaged(A, "");
    job.salvaged(B, "");
    assertThat(job.commits()).as(job.notes()).isNotEmpty();
    committed(A, 100, "");
    assertThat(job.shutDown()).contains(A, B);
  }

  @Test
  void givenAGroupThatEnds_whenAStopIsAskedFor_thenWhatMemoryHoldsIsSaved_withinTheGrace() {
    job.says(A, new ToMaster.WorkerExited(FIRST, ONE, Exit.signal(9), 107, 0, ""));
    job.stopRequested();
    holds(A, of(100, 0));
    holds(B, of(100, 1));
    assertThat(job.salvages()).hasSize(2);
    job.passes(2 * SECOND);
    assertThat(job.shutDown()).contains(A, B);
    assertThat(job.notes()).contains("step 100 is not on storage after 1.0 s");
  }

  @Test
  void givenAJobThatFailed_whenItIsReopened_thenANewGroupGoesOnFromWhatWasSaved() {
    bothHold100();
    job.salvaged(A, "");
    job.salvaged(B, "");
    committed(A, 100, "");
    ends(100);
    job.reopened();
    job.registers(A, 7);
    job.registers(B, 8);
    for (var node : List.of(A, B)) {
      job.says(node, new ToMaster.Revoked(node, ONE, List.of()));
    }
    job.says(A, new ToMaster.CheckpointsListed(A, List.of(new ToMaster.Stored(ONE, 100)), ""));
    job.ready(job.launched().get(job.launched().size() - 2));
    job.ready(job.launched().getLast());
    var form = job.latestForm();
    assertThat(form.startStep()).as(job.notes()).isEqualTo(100);
    assertThat(form.restore()).isEqualTo(new ToAgent.Restore(Medium.STORAGE, ONE));
    assertThat(job.result()).isNull();
  }
}
