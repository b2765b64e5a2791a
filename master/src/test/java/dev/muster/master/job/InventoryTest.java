package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Stored;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Everything was killed, and a master goes on from the journal with new agents. */
class InventoryTest {
  private static final NodeId A = new NodeId("a");
  private static final NodeId B = new NodeId("b");
  private static final long MINUTE = 60 * DrivenJob.SECOND;

  private final DrivenJob job =
      new DrivenJob(
          DrivenJob.config(
              2, 2, 2, new JobSpec.Checkpoint(10, 2, 10 * DrivenJob.SECOND, MINUTE, 3, 0, "")));
  private Generation first;

  @BeforeEach
  void aMasterIsKilledBeforeACommitIsInItsJournal() {
    job.registers(A, 1);
    job.registers(B, 1);
    job.ready(new WorkerId(A, 0));
    job.ready(new WorkerId(B, 0));
    job.trains(100);
    first = job.latestForm().group().generation();
    int entries = job.journaled();
    job.says(A, new ToMaster.CheckpointCommitted(A, first, 100, ""));
    job.masterReplaced(entries);
    assertThat(job.asked()).isEmpty();
    job.registers(A, 2);
    job.registers(B, 2);
    job.says(A, new ToMaster.Revoked(A, first, List.of()));
    job.says(B, new ToMaster.Revoked(B, first, List.of()));
    job.ready(new WorkerId(A, 1));
    job.ready(new WorkerId(B, 1));
  }

  private void listed(String problem, Stored... stored) {
    job.says(A, new ToMaster.CheckpointsListed(A, List.of(stored), problem));
  }

  @Test
  void givenACommitThatTheJournalLacks_whenANodeTells_thenTheFirstGroupGoesOnFromIt() {
    assertThat(job.asked()).as("one is enough").containsExactly(A);
    assertThat(job.groups()).as("it waits").isEqualTo(1);
    listed("", new Stored(first, 90), new Stored(first, 100));
    assertThat(job.latestForm().startStep()).isEqualTo(100);
    assertThat(job.latestForm().restore()).isEqualTo(new ToAgent.Restore(Medium.STORAGE, first));
    assertThat(job.notes()).contains("checkpoints=2");
    assertThat(job.differentInReplay()).isEmpty();
  }

  @Test
  void givenCheckpointsOfSomebodyElse_whenTold_thenNobodyGoesOnFromThem() {
    listed("", new Stored(first.next(), 200));
    assertThat(job.latestForm().startStep()).isZero();
    assertThat(job.groups()).isEqualTo(2);
  }

  @Test
  void givenNoAnswer_whenTenSecondsHavePassed_thenTheGroupBegins() {
    job.passes(9 * DrivenJob.SECOND);
    assertThat(job.groups()).isEqualTo(1);
    job.passes(2 * DrivenJob.SECOND);
    assertThat(job.groups()).isEqualTo(2);
  }

  @Test
  void givenNewAgents_whenTheyRegisterOneByOne_thenEachStartsItsShareOfTheWorkers() {
    assertThat(job.launched().subList(2, job.launched().size()))
        .containsExactly(new WorkerId(A, 1), new WorkerId(B, 1));
  }

  @Test
  void givenTheNodeThatWasAsked_whenItRestarts_thenItIsAskedAgain() {
    job.registers(A, 3);
    assertThat(job.asked()).containsExactly(A, A);
  }
}
