package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A member is given up with its node and goes on; the next group forms without it. Back again, it
 * tells in the answer to an old revoke what it holds; then all members of the newer group die.
 */
class LeftBehindTest {
  private static final Generation FIRST = new Generation(1);
  private static final NodeId GROUP = new NodeId("n0");
  private static final NodeId BACK = new NodeId("n1");
  private static final WorkerId LEFT_BEHIND = new WorkerId(BACK, 0);

  private final DrivenJob job = new DrivenJob(2, 1, 2);

  @BeforeEach
  void leaveBehind() {
    job.registers(GROUP, 1);
    job.registers(BACK, 1);
    job.ready(new WorkerId(GROUP, 0));
    job.ready(LEFT_BEHIND);
    job.trains(10);
    job.fallsSilent(BACK);
    job.passes(6 * SECOND); // given up
    job.says(GROUP, revoked(GROUP, FIRST, new WorkerId(GROUP, 0), 10));
    job.ready(new WorkerId(GROUP, 1));
    assertThat(job.latestForm().group().contains(LEFT_BEHIND)).as(job.notes()).isFalse();
    job.registers(BACK, 1, new ToMaster.WorkerReport(LEFT_BEHIND, 1, true, FIRST, 10));
  }

  private static ToMaster.Revoked revoked(
      NodeId node, Generation generation, WorkerId worker, long step) {
    return new ToMaster.Revoked(node, generation, List.of(new ToMaster.Survivor(worker, step)));
  }

  /** Where the next group begins once no member of the newest is left. */
  private long nextStart() {
    var newest = job.latestForm().group().generation();
    job.registers(GROUP, 2); // a new agent: the workers of the former are gone
    job.says(GROUP, new ToMaster.Revoked(GROUP, newest, List.of()));
    job.ready(new WorkerId(GROUP, 2));
    assertThat(job.groups()).as(job.notes()).isEqualTo(3);
    return job.latestForm().startStep();
  }

  @Test
  void givenAWorkerLeftBehind_whenItTellsALaterStep_thenTheNextGroupGoesOnFromThere() {
    job.says(BACK, revoked(BACK, FIRST, LEFT_BEHIND, 12));
    assertThat(nextStart()).isEqualTo(12);
  }

  @Test
  void givenAWorkerLeftBehind_whenAnOldAnswerTellsAnEarlierStep_thenNothingIsGivenUp() {
    job.says(BACK, revoked(BACK, FIRST, LEFT_BEHIND, 7));
    assertThat(nextStart()).isEqualTo(10);
  }
}
