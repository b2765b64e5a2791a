package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A node that was given up is back while its worker still trains in the old group, and the next
 * group takes that worker. The old and the new group end at once, and it answers for both.
 */
class BackInGroupTest {
  private static final Generation FIRST = new Generation(1);
  private static final Generation SECOND_GROUP = new Generation(2);
  private static final NodeId STAYED = new NodeId("n0");
  private static final NodeId BACK = new NodeId("n1");
  private static final WorkerId SURVIVOR = new WorkerId(STAYED, 0);
  private static final WorkerId RETURNED = new WorkerId(BACK, 0);

  private final DrivenJob job = new DrivenJob(2, 1, 2);

  @Test
  void givenItsAnswerForTheNewerGroup_whenThatEnds_thenNobodyWaitsForItsLease() {
    job.registers(STAYED, 1);
    job.registers(BACK, 1);
    job.ready(SURVIVOR);
    job.ready(RETURNED);
    job.trains(10);
    job.fallsSilent(BACK);
    job.passes(6 * SECOND);
    job.says(STAYED, revoked(STAYED, FIRST, new ToMaster.Survivor(SURVIVOR, 10)));
    job.registers(BACK, 1, new ToMaster.WorkerReport(RETURNED, 1, true, FIRST, 10));
    assertThat(job.latestForm().group().generation()).as(job.notes()).isEqualTo(SECOND_GROUP);
    assertThat(job.latestForm().group().contains(RETURNED)).isTrue();

    job.registers(STAYED, 2); // its worker is gone
    job.says(BACK, revoked(BACK, SECOND_GROUP, new ToMaster.Survivor(RETURNED, -1)));
    job.says(STAYED, revoked(STAYED, SECOND_GROUP));
    job.ready(new WorkerId(STAYED, 2));

    assertThat(job.groups()).as(job.notes()).isEqualTo(3);
    assertThat(job.notes()).doesNotContain("waiting for node n1");
  }

  private static ToMaster.Revoked revoked(
      NodeId node, Generation generation, ToMaster.Survivor... survivors) {
    return new ToMaster.Revoked(node, generation, List.of(survivors));
  }
}
