package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two workers on two nodes, snapshots every 10 steps; a grace of one second. */
class DrainTest {
  private static final NodeId STAYS = new NodeId("a");
  private static final NodeId LEAVES = new NodeId("b");
  private static final WorkerId FIRST = new WorkerId(STAYS, 0);
  private static final WorkerId SECOND_ONE = new WorkerId(LEAVES, 0);

  private final DrivenJob job =
      new DrivenJob(
          DrivenJob.config(
              2, 1, 2, new JobSpec.Checkpoint(10, 2, 3600 * SECOND, 3600 * SECOND, 3, 0, "")));

  @BeforeEach
  void aGroupThatTrains() {
    job.registers(STAYS, 1);
    job.registers(LEAVES, 1);
    job.ready(FIRST);
    job.ready(SECOND_ONE);
    job.trains(107);
  }

  @AfterEach
  void aReplayDecidesTheSame() {
    assertThat(job.differentInReplay()).isEmpty();
  }

  private Generation generation() {
    return job.latestForm().group().generation();
  }

  private long ordered() {
    return job.persists().getLast().step();
  }

  private void written(NodeId node, boolean passed) {
    var problem = passed ? "its snapshot is gone" : "";
    job.says(
        node,
        new ToMaster.ShardsWritten(node, generation(), ordered(), Medium.STORAGE, problem, passed));
  }

  private void saved() {
    written(STAYS, false);
    written(LEAVES, false);
    job.says(STAYS, new ToMaster.CheckpointCommitted(STAYS, generation(), ordered(), ""));
  }

  private void leaves() {
    job.says(LEAVES, new ToMaster.Leaving(LEAVES, "maintenance"));
  }

  @Test
  void givenTraining_whenANodeLeaves_thenTheNewestSnapshotGoesToStorageFirst() {
    leaves();
    assertThat(job.persists()).hasSize(2);
    assertThat(ordered()).as("no step is waited for").isEqualTo(100);
    assertThat(job.shutDown()).isEmpty();
    saved();
    assertThat(job.shutDown()).as(job.notes()).containsExactly(LEAVES);
    assertThat(job.notes()).contains("node b is lost: maintenance");
  }

  @Test
  void givenTheNewestSnapshotIsPassed_whenToldSo_thenALaterOneIsSaved() {
    leaves();
    written(LEAVES, true);
    assertThat(ordered()).isGreaterThan(107);
    assertThat(job.shutDown()).isEmpty();
    saved();
    assertThat(job.shutDown()).containsExactly(LEAVES);
  }

  @Test
  void givenStorageThatIsSlow_whenTheGraceIsOver_thenTheNodeGoes() {
    leaves();
    job.passes(SECOND / 2);
    assertThat(job.shutDown()).isEmpty();
    job.passes(SECOND);
    assertThat(job.shutDown()).containsExactly(LEAVES);
  }

  @Test
  void givenANodeThatLeaves_whenItSaysSoAgain_thenItGoesAtOnce() {
    leaves();
    leaves();
    assertThat(job.shutDown()).containsExactly(LEAVES);
    job.passes(2 * SECOND);
    assertThat(job.shutDown()).as("once").containsExactly(LEAVES);
  }

  @Test
  void givenAProblem_whenTold_thenNobodyWaits() {
    leaves();
    job.says(
        STAYS,
        new ToMaster.ShardsWritten(
            STAYS, generation(), ordered(), Medium.STORAGE, "disk full", false));
    assertThat(job.shutDown()).containsExactly(LEAVES);
  }

  @Test
  void givenANodeThatLeaves_whenTheGroupEnds_thenNobodyWaits() {
    leaves();
    job.says(STAYS, new ToMaster.WorkerExited(FIRST, generation(), Exit.signal(9), 107, 0, ""));
    assertThat(job.shutDown()).containsExactly(LEAVES);
  }

  @Test
  void givenTraining_whenTheRunIsToStop_thenTheNewestSnapshotGoesToStorageFirst() {
    job.stopRequested();
    assertThat(ordered()).isEqualTo(100);
    assertThat(job.notes()).contains("the run ends (stopped by a test) once the newest step");
    assertThat(job.shutDown()).isEmpty();
    saved();
    assertThat(job.shutDown()).containsExactly(STAYS, LEAVES);
    assertThat(job.notes()).contains("cancelled: stopped by a test");
  }

  @Test
  void givenAStopThatSaves_whenAskedAgain_thenItStopsAtOnce() {
    job.stopRequested();
    job.stopRequested();
    assertThat(job.shutDown()).containsExactly(STAYS, LEAVES);
  }

  @Test
  void givenAStopThatSaves_whenTheGraceIsOver_thenItStops() {
    job.stopRequested();
    job.passes(2 * SECOND);
    assertThat(job.shutDown()).containsExactly(STAYS, LEAVES);
  }

  @Test
  void givenTheSnapshotIsOnStorageAlready_whenTheRunIsToStop_thenALaterStepIsSaved() {
    job.passes(60 * SECOND);
    job.checkpointRequested();
    long asked = ordered();
    saved();
    job.beats(STAYS, generation(), asked + 1);
    job.stopRequested();
    assertThat(ordered()).isGreaterThan(asked);
    assertThat(job.shutDown()).isEmpty();
  }
}
