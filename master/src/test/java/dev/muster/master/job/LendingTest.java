package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two workers of one node train on 100 samples in steps of 20, in ranges of 8. */
class LendingTest {
  private static final Generation FIRST = new Generation(1);
  private static final NodeId NODE = new NodeId("n0");
  private static final WorkerId A = new WorkerId(NODE, 0);
  private static final WorkerId B = new WorkerId(NODE, 1);

  private DrivenJob job = new DrivenJob(leased(8));

  private static JobConfig leased(int rangeSize) {
    var config = DrivenJob.config(2, 1, 1, JobSpec.Checkpoint.OFF);
    return new JobConfig(
        config.run(),
        config.job().with(new JobSpec.Data(rangeSize)),
        config.agents(),
        config.leaseNs(),
        config.beatNs(),
        config.nodeTimeoutNs(),
        config.reconnectNs(),
        config.driftNs());
  }

  @BeforeEach
  void train() {
    job.registers(NODE, 1);
    job.ready(A);
    job.ready(B);
  }

  private void takes(WorkerId worker, Generation generation, long step, int request) {
    job.says(NODE, new ToMaster.TakeRange(worker, generation, step, request, 100, 20));
  }

  private static ToAgent.Lend lend(
      WorkerId worker, Generation generation, long step, int request, long from, int count) {
    return new ToAgent.Lend(worker, generation, step, request, 0, from, count, "");
  }

  @Test
  void givenAGroup_whenItsMembersTake_thenEachIsLentTheNextRangeOfTheStep() {
    takes(A, FIRST, 1, 0);
    takes(B, FIRST, 1, 0);
    takes(A, FIRST, 1, 1);
    takes(A, FIRST, 1, 2);
    assertThat(job.lent())
        .containsExactly(
            lend(A, FIRST, 1, 0, 0, 8),
            lend(B, FIRST, 1, 0, 8, 8),
            lend(A, FIRST, 1, 1, 16, 4),
            lend(A, FIRST, 1, 2, 20, 0));
  }

  @Test
  void givenAMemberThatDiesWithARange_whenTheNextGroupDoesTheStepAgain_thenItIsLentAgain() {
    takes(A, FIRST, 1, 0);
    takes(B, FIRST, 1, 0);
    job.trains(3);
    takes(B, FIRST, 4, 0);
    var survivor = new ToMaster.Survivor(B, 3);
    job.says(
        NODE, new ToMaster.WorkerExited(A, FIRST, dev.muster.protocol.Exit.signal(9), 3, 0, ""));
    job.says(NODE, new ToMaster.Revoked(NODE, FIRST, List.of(survivor)));
    job.ready(new WorkerId(NODE, 2));
    var next = job.latestForm();
    assertThat(next.startStep()).as(job.notes()).isEqualTo(3);
    job.lent().clear();
    takes(B, FIRST, 4, 1); // on its way when the group ended
    takes(B, next.group().generation(), 4, 0);
    assertThat(job.lent())
        .as(job.notes())
        .containsExactly(lend(B, next.group().generation(), 4, 0, 60, 8));
  }

  @Test
  void givenRequests_whenTheJournalIsReplayed_thenTheSameIsDecided() {
    for (int request = 0; request < 4; request++) {
      takes(A, FIRST, 1, request);
      job.passes(SECOND);
    }
    assertThat(job.differentInReplay()).isEmpty();
  }

  @Test
  void givenWorkersWithDifferentDataSets_whenTheyTake_thenTheOtherIsToldWhy() {
    takes(A, FIRST, 1, 0);
    job.says(NODE, new ToMaster.TakeRange(B, FIRST, 1, 0, 101, 20));
    assertThat(job.lent().getLast().problem())
        .contains("different data sets", "samples=100", "samples=101");
  }

  @Test
  void givenAJobInStepMode_whenAWorkerTakes_thenItIsToldThatNoneAreLent() {
    job = new DrivenJob(leased(0));
    train();
    takes(A, FIRST, 1, 0);
    assertThat(job.lent().getLast().problem()).contains("muster.data.mode = leased");
  }
}
