package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * One worker that makes two steps a second; the time between checkpoints is the master's choice.
 */
class PacingTest {
  private static final NodeId A = new NodeId("a");
  private static final long BEAT = SECOND / 2;

  private final DrivenJob job =
      new DrivenJob(
          DrivenJob.config(
              1, 1, 1, new JobSpec.Checkpoint(1, 1, 0, JobSpec.Checkpoint.AUTO, 3, 0, "")));
  private long step = 1;

  @BeforeEach
  void aGroupThatTrains() {
    job.registers(A, 1);
    job.ready(new WorkerId(A, 0));
    job.trains(step);
  }

  /** Beats go on, {@code everyBeats} of which tell of a step more. */
  private void trains(long seconds, int everyBeats) {
    for (long beat = 1; beat <= seconds * SECOND / BEAT; beat++) {
      step += beat % everyBeats == 0 ? 1 : 0;
      job.beats(A, job.latestForm().group().generation(), step);
      job.passes(BEAT);
    }
  }

  private void arrives() {
    var generation = job.latestForm().group().generation();
    long ordered = job.persists().getLast().step();
    job.says(A, new ToMaster.ShardsWritten(A, generation, ordered, Medium.STORAGE, "", false));
    job.says(A, new ToMaster.CheckpointCommitted(A, generation, ordered, ""));
  }

  @Test
  void givenNoRoundYet_whenTenSecondsHavePassed_thenTheFirstIsOrdered() {
    trains(9, 1);
    assertThat(job.persists()).isEmpty();
    trains(2, 1);
    assertThat(job.persists()).hasSize(1);
    assertThat(job.notes()).contains("a round every 10 s: STORAGE no round has been measured yet");
  }

  @Test
  void givenARoundThatSlowsTheSteps_whenItHasArrived_thenTheNextComesLater_andAReplayAgrees() {
    trains(11, 1);
    trains(8, 2); // at half the speed
    arrives();
    assertThat(job.notes()).contains("rounds=1 lastRoundSeconds=").contains("failures=0");
    trains(300, 1);
    assertThat(job.persists()).as(job.notes()).hasSize(1);
    trains(900, 1); // the last step comes first
    assertThat(job.differentInReplay()).isEmpty();
  }

  @Test
  void givenARoundThatTakesLong_whenItHasArrived_thenTwiceAsMuchPassesBeforeTheNext() {
    trains(11, 1);
    trains(40, 1);
    arrives();
    long begun = job.persists().size();
    trains(20, 1);
    assertThat(job.persists()).hasSize((int) begun);
    assertThat(job.differentInReplay()).isEmpty();
  }
}
