package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two workers on two nodes, snapshots every 10 steps, a checkpoint every minute. */
class CheckpointingTest {
  private static final NodeId A = new NodeId("a");
  private static final NodeId B = new NodeId("b");
  private static final WorkerId FIRST = new WorkerId(A, 0);
  private static final WorkerId SECOND = new WorkerId(B, 0);
  private static final long MINUTE = 60 * DrivenJob.SECOND;

  private final DrivenJob job =
      new DrivenJob(
          DrivenJob.config(
              2, 2, 2, new JobSpec.Checkpoint(10, 2, 10 * DrivenJob.SECOND, MINUTE, 3, 0, "")));

  @BeforeEach
  void aGroupThatTrains() {
    job.registers(A, 1);
    job.registers(B, 1);
    job.ready(FIRST);
    job.ready(SECOND);
    assertThat(job.groups()).isEqualTo(1);
    job.trains(100);
  }

  private Generation generation() {
    return job.latestForm().group().generation();
  }

  private void written(NodeId node, long step, String problem, boolean passed) {
    job.says(
        node,
        new ToMaster.ShardsWritten(node, generation(), step, Medium.STORAGE, problem, passed));
  }

  private long ordered() {
    return job.persists().getLast().step();
  }

  @Test
  void givenTraining_whenAMinuteHasPassed_thenAStepToComeIsNamed_andCommittedOnceAllHaveWritten() {
    job.passes(MINUTE + DrivenJob.SECOND);
    assertThat(job.persists()).hasSize(2);
    assertThat(ordered()).isGreaterThan(100).isEqualTo(ordered() / 10 * 10);
    written(A, ordered(), "", false);
    assertThat(job.commits()).isEmpty();
    written(B, ordered(), "", false);
    assertThat(job.commits())
        .containsExactly(new ToAgent.CommitCheckpoint(generation(), ordered(), 2));
  }

  @Test
  void givenGroupsThatLastLessThanAMinute_whenAMinuteHasPassedInAll_thenACheckpointIsMade() {
    job.passes(40 * DrivenJob.SECOND);
    regroup(1);
    job.passes(15 * DrivenJob.SECOND);
    assertThat(job.persists()).isEmpty();
    regroup(2);
    job.passes(10 * DrivenJob.SECOND);
    assertThat(job.persists()).hasSize(2);
    regroup(3);
    job.passes(10 * DrivenJob.SECOND);
    assertThat(job.persists()).as("the one before did not arrive").hasSize(4);
    written(A, ordered(), "", false);
    written(B, ordered(), "", false);
    job.says(A, new ToMaster.CheckpointCommitted(A, generation(), ordered(), ""));
    regroup(4);
    job.passes(30 * DrivenJob.SECOND);
    assertThat(job.persists()).as("it is not due before a minute").hasSize(4);
  }

  /** The worker of B dies, the next one trains. */
  private void regroup(int next) {
    var ended = generation();
    job.says(B, exited(new WorkerId(B, next - 1), ended));
    job.says(A, new ToMaster.Revoked(A, ended, List.of(new ToMaster.Survivor(FIRST, 100))));
    job.says(B, new ToMaster.Revoked(B, ended, List.of()));
    job.ready(new WorkerId(B, next));
    assertThat(ended.isBefore(generation())).as(job.notes()).isTrue();
    job.trains(100);
  }

  @Test
  void givenANodeThatIsPastTheStep_whenItSaysSo_thenAStepFurtherAheadIsNamed() {
    job.passes(MINUTE + DrivenJob.SECOND);
    long first = ordered();
    job.beats(A, generation(), first + 20);
    written(B, first, "its snapshot is gone", true);
    assertThat(ordered()).isGreaterThan(first + 20);
    written(A, first, "", false);
    written(B, first, "", false);
    assertThat(job.commits()).as("of a step that was given up").isEmpty();
  }

  @Test
  void givenAProblem_whenTold_thenNothingIsCommitted_andTheNextMinuteTriesAgain() {
    job.passes(MINUTE + DrivenJob.SECOND);
    written(A, ordered(), "disk full", false);
    written(B, ordered(), "", false);
    assertThat(job.commits()).isEmpty();
    assertThat(job.notes()).contains("did not arrive: node a: disk full");
    job.passes(MINUTE);
    assertThat(job.persists()).hasSize(4);
  }

  @Test
  void givenNobodyIsLeft_whenANodeHoldsASnapshot_thenItsMemberReadsAndPassesItOn() {
    var first = generation();
    job.says(A, exited(FIRST, first));
    job.says(B, exited(SECOND, first));
    job.says(A, new ToMaster.Revoked(A, first, List.of(), List.of(snapshot(90), snapshot(100))));
    job.says(B, new ToMaster.Revoked(B, first, List.of(), List.of(snapshot(90))));
    var form = newcomers();
    assertThat(form.startStep()).isEqualTo(100);
    assertThat(form.restore()).isEqualTo(new ToAgent.Restore(Medium.MEMORY, first));
    assertThat(form.group().members().get(form.sourceRank()).worker().node()).isEqualTo(A);
    assertThat(form.needState()).containsExactly(0, 1);
  }

  @Test
  void givenSnapshotsThatCannotBeRead_whenTold_thenTheNextGroupTakesStorage_andNobodyIsCharged() {
    job.says(A, new ToMaster.CheckpointCommitted(A, generation(), 80, ""));
    givenNobodyIsLeft_whenANodeHoldsASnapshot_thenItsMemberReadsAndPassesItOn();
    var second = generation();
    for (var expected : List.of("90/MEMORY", "90/MEMORY", "80/STORAGE")) {
      var reader = job.latestForm().group().members().get(job.latestForm().sourceRank());
      var node = reader.worker().node();
      job.says(node, new ToMaster.RestoreFailed(node, generation(), node, "damaged"));
      for (var each : List.of(A, B)) {
        var ended = generation();
        var survivor =
            new ToMaster.Survivor(job.latestForm().group().on(each).getFirst().worker(), -1);
        job.says(each, new ToMaster.Revoked(each, ended, List.of(survivor)));
      }
      var form = job.latestForm();
      assertThat(form.startStep() + "/" + form.restore().from())
          .as(job.notes())
          .isEqualTo(expected);
    }
    assertThat(second.isBefore(generation())).isTrue();
    assertThat(job.notes()).contains("cannot read the state of step 100: damaged");
  }

  @Test
  void givenShardedState_whenOneIsLost_thenAllGoBackToTheStepThatAllHaveSaved() {
    job.says(A, new ToMaster.WorkerReady(FIRST, 1, "tokens", true));
    var first = generation();
    job.says(B, exited(SECOND, first));
    job.says(A, revoked(A, first, shard(0, 100), shard(0, 90)));
    job.says(B, new ToMaster.Revoked(B, first, List.of(), List.of(shard(1, 90))));
    var replacement = new WorkerId(B, 1);
    job.says(B, new ToMaster.WorkerReady(replacement, 1, "tokens", true));
    var form = job.latestForm();
    assertThat(form.startStep()).isEqualTo(90);
    assertThat(form.sourceRank()).isEqualTo(-1);
    assertThat(form.needState()).containsExactly(0, 1);
    assertThat(form.restore()).isEqualTo(new ToAgent.Restore(Medium.MEMORY, first));
  }

  /** Seed 910094 of the random drills with checkpoints. */
  @Test
  void givenAShardOfAnotherLayout_whenItsNextGroupEndsBeforeItWasRestored_thenItIsNoWholeState() {
    var alone =
        new DrivenJob(
            DrivenJob.config(
                2, 1, 2, new JobSpec.Checkpoint(10, 2, 10 * DrivenJob.SECOND, 0, 3, 0, "")));
    for (var worker : List.of(FIRST, SECOND)) {
      alone.registers(worker.node(), 1);
      alone.says(worker.node(), new ToMaster.WorkerReady(worker, 1, "tokens", true));
    }
    alone.trains(100);
    var both = alone.latestForm().group().generation();
    alone.says(B, exited(SECOND, both));
    alone.says(B, new ToMaster.Leaving(B, "drained"));
    alone.says(A, revoked(A, both, shard(0, 90), shard(1, 90)));
    alone.says(B, new ToMaster.Revoked(B, both, List.of(), List.of()));
    alone.passes(2 * MINUTE);
    var one = alone.latestForm();
    assertThat(one.group().worldSize() + " from " + one.startStep()).isEqualTo("1 from 90");
    alone.says(A, revoked(A, one.group().generation(), shard(0, 90), shard(1, 90)));
    alone.passes(2 * MINUTE);
    var again = alone.latestForm();
    assertThat(one.group().generation().isBefore(again.group().generation())).isTrue();
    assertThat(again.startStep()).as("what the worker still holds is of rank 0 of 2").isEqualTo(90);
    assertThat(again.needState()).containsExactly(0);
  }

  @Test
  void givenShardedState_whenTheShardOfARankIsOnAnotherNode_thenItsNodeFetchesItFirst() {
    job.says(A, new ToMaster.WorkerReady(FIRST, 1, "tokens", true));
    var first = generation();
    job.says(B, exited(SECOND, first));
    job.says(A, revoked(A, first, shard(0, 90), shard(1, 90)));
    job.says(B, new ToMaster.Revoked(B, first, List.of(), List.of()));
    job.says(B, new ToMaster.WorkerReady(new WorkerId(B, 1), 1, "tokens", true));
    assertThat(job.latestForm().startStep()).isEqualTo(90);
    var holder = new ToAgent.Peer(A, DrivenJob.bulk(A));
    assertThat(job.fetches())
        .containsExactly(
            new ToAgent.Fetch(generation(), first, 90, 2, List.of(new ToAgent.ShardAt(1, holder))));
  }

  /** The holder's answer is awaited by nobody: what it told may be gone since. */
  @Test
  void givenAShardThatCannotBeFetched_whenTold_thenItIsNotLookedForThereAgain() {
    givenShardedState_whenTheShardOfARankIsOnAnotherNode_thenItsNodeFetchesItFirst();
    job.says(B, new ToMaster.RestoreFailed(B, generation(), A, "a does not have it"));
    var ended = generation();
    for (var each : List.of(A, B)) {
      var worker = job.latestForm().group().on(each).getFirst().worker();
      var survivor = new ToMaster.Survivor(worker, -1);
      job.says(each, new ToMaster.Revoked(each, ended, List.of(survivor)));
    }
    assertThat(job.latestForm().startStep()).isZero();
  }

  /** Its word on why was lost with its link; what it answers to a revoke is told again. */
  @Test
  void givenANodeThatLeftByItself_whenItsAnswerComesUnasked_thenTheGroupEndsForAll() {
    givenShardedState_whenTheShardOfARankIsOnAnotherNode_thenItsNodeFetchesItFirst();
    var left = generation();
    for (var each : List.of(B, A)) {
      var worker = job.latestForm().group().on(each).getFirst().worker();
      job.says(each, new ToMaster.Revoked(each, left, List.of(new ToMaster.Survivor(worker, -1))));
    }
    assertThat(job.notes()).contains("generation " + left + " ends: node b left it");
    assertThat(left.isBefore(generation())).isTrue();
    assertThat(job.latestForm().startStep()).isEqualTo(90);
  }

  @Test
  void givenAHostThatRestarted_whenItRegistersWithNothing_thenNothingIsLookedForThere() {
    var first = generation();
    job.says(A, exited(FIRST, first));
    job.says(B, exited(SECOND, first));
    job.says(A, new ToMaster.Revoked(A, first, List.of(), List.of(snapshot(100))));
    job.registers(A, 2);
    job.says(B, new ToMaster.Revoked(B, first, List.of(), List.of(snapshot(90))));
    var form = newcomers();
    assertThat(form.startStep()).isEqualTo(90);
  }

  @Test
  void givenAShardThatNobodyHolds_whenFormed_thenStorageOrAStartAfresh() {
    job.says(A, new ToMaster.WorkerReady(FIRST, 1, "tokens", true));
    var first = generation();
    job.says(B, exited(SECOND, first));
    job.says(A, revoked(A, first, shard(0, 90)));
    job.says(B, new ToMaster.Revoked(B, first, List.of(), List.of()));
    job.says(B, new ToMaster.WorkerReady(new WorkerId(B, 1), 1, "tokens", true));
    assertThat(job.latestForm().startStep()).isZero();
  }

  @Test
  void givenAShardedState_whenTenSecondsHavePassed_thenEachKeepsACopyAndPushesOne() {
    job.says(A, new ToMaster.WorkerReady(FIRST, 1, "tokens", true));
    job.says(A, exited(FIRST, generation()));
    job.says(A, new ToMaster.Revoked(A, generation(), List.of()));
    job.says(B, new ToMaster.Revoked(B, generation(), List.of()));
    job.says(A, new ToMaster.WorkerReady(new WorkerId(A, 1), 1, "tokens", true));
    job.trains(100);
    job.passes(11 * DrivenJob.SECOND);
    var a = new ToAgent.Peer(A, DrivenJob.bulk(A));
    var b = new ToAgent.Peer(B, DrivenJob.bulk(B));
    assertThat(job.copies())
        .extracting(ToAgent.Copy::peers)
        .containsExactlyInAnyOrder(List.of(a, b), List.of(b, a));
    long step = job.copies().getFirst().step();
    job.passes(10 * DrivenJob.SECOND);
    assertThat(job.copies()).as("the first round is under way").hasSize(2);
    for (var node : List.of(A, B)) {
      job.says(
          node, new ToMaster.ShardsWritten(node, generation(), step, Medium.MEMORY, "", false));
    }
    assertThat(job.notes()).contains("step " + step + " of generation 2 has 2 copies");
    assertThat(job.commits()).isEmpty();
    job.passes(10 * DrivenJob.SECOND);
    assertThat(job.copies()).hasSize(4);
    long second = job.copies().getLast().step();
    job.says(A, new ToMaster.ShardsWritten(A, generation(), second, Medium.MEMORY, "gone", true));
    assertThat(job.copies()).extracting(ToAgent.Copy::completed).containsExactly(0, 0, 1, 1, 1, 1);
  }

  @Test
  void givenTheLastStep_whenRankZeroHasEvaluated_thenTheJobEndsOnceItIsOnStorage() {
    var first = generation();
    for (var worker : List.of(FIRST, SECOND)) {
      job.says(
          worker.node(), new ToMaster.WorkerFinished(worker, first, 1_000, 1.5, "00", List.of()));
    }
    assertThat(job.notes()).doesNotContain("succeeded");
    written(A, 1_000, "", false);
    written(B, 1_000, "", false);
    assertThat(job.commits()).containsExactly(new ToAgent.CommitCheckpoint(first, 1_000, 2));
    job.says(A, new ToMaster.CheckpointCommitted(A, first, 1_000, ""));
    assertThat(job.notes()).contains("succeeded: committed 1000 steps");
  }

  @Test
  void givenTheLastStep_whenItCannotBeWritten_thenTheJobEndsWithoutIt() {
    var first = generation();
    for (var worker : List.of(FIRST, SECOND)) {
      job.says(
          worker.node(), new ToMaster.WorkerFinished(worker, first, 1_000, 1.5, "00", List.of()));
    }
    written(A, 1_000, "disk full", false);
    assertThat(job.notes())
        .contains("did not arrive: node a: disk full")
        .contains("succeeded: committed 1000 steps; the last one is not on storage, resuming needs")
        .contains("earlier one: node a: disk full");
  }

  @Test
  void givenAReplicatedState_whenTimePasses_thenNothingIsCopied_asEveryNodeHasIt() {
    job.passes(30 * DrivenJob.SECOND);
    assertThat(job.copies()).isEmpty();
  }

  @Test
  void givenTraining_whenACheckpointIsAskedFor_thenItBeginsAtOnce_andTheAnswerNamesItsStep() {
    var answer = job.checkpointRequested();
    assertThat(job.persists()).hasSize(2);
    assertThat(answer)
        .isEqualTo(
            new JobAction.Answer(
                1,
                true,
                "step "
                    + ordered()
                    + " goes to storage, or a later one if a node is past it by then"));
    var again = job.checkpointRequested();
    assertThat(again.accepted()).isFalse();
    assertThat(again.text()).isEqualTo("step " + ordered() + " is on its way to storage already");
    written(A, ordered(), "", false);
    written(B, ordered(), "", false);
    job.says(A, new ToMaster.CheckpointCommitted(A, generation(), ordered(), ""));
    assertThat(job.checkpointRequested().accepted()).isTrue();
    assertThat(job.differentInReplay()).isEmpty();
  }

  @Test
  void givenNoTraining_whenACheckpointIsAskedFor_thenTheAnswerSaysWhyNot() {
    job.trains(999);
    assertThat(job.checkpointRequested().text()).contains("the last step comes first");
    job.says(A, exited(FIRST, generation()));
    assertThat(job.checkpointRequested().text()).startsWith("the job does not train: generation 1");
    assertThat(new DrivenJob(1, 1, 1).checkpointRequested())
        .satisfies(refused -> {
          assertThat(refused.accepted()).isFalse();
          assertThat(refused.text()).startsWith("checkpoints are off: ");
        });
    assertThat(job.persists()).isEmpty();
  }

  private ToAgent.Form newcomers() {
    job.ready(new WorkerId(A, 1));
    job.ready(new WorkerId(B, 1));
    return job.latestForm();
  }

  private static ToMaster.WorkerExited exited(WorkerId worker, Generation generation) {
    return new ToMaster.WorkerExited(worker, generation, Exit.signal(9), 100, 0, "");
  }

  private ToMaster.Revoked revoked(NodeId node, Generation generation, Snapshot... snapshots) {
    var survivor = new ToMaster.Survivor(node.equals(A) ? FIRST : SECOND, 105);
    return new ToMaster.Revoked(node, generation, List.of(survivor), List.of(snapshots));
  }

  private static Snapshot snapshot(long step) {
    return new Snapshot(new Generation(1), step, 0, 1);
  }

  private static Snapshot shard(int shard, long step) {
    return new Snapshot(new Generation(1), step, shard, 2);
  }
}
