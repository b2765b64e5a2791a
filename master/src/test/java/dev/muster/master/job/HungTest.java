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

/** The order to kill a worker that hangs is lost with its node, which is given up. */
class HungTest {
  private static final Generation FIRST = new Generation(1);
  private static final NodeId HEALTHY = new NodeId("n0");
  private static final NodeId CUT_OFF = new NodeId("n1");
  private static final WorkerId HUNG = new WorkerId(CUT_OFF, 0);

  private final DrivenJob job = new DrivenJob(2, 1, 2);

  @BeforeEach
  void hang() {
    job.registers(HEALTHY, 1);
    job.registers(CUT_OFF, 1);
    job.ready(new WorkerId(HEALTHY, 0));
    job.ready(HUNG);
    job.trains(10);
    job.passes(5 * SECOND);
    job.says(CUT_OFF, new ToMaster.WorkerHung(HUNG, FIRST, 10, SECOND, "no progress"));
    var survivor = new ToMaster.Survivor(new WorkerId(HEALTHY, 0), 10);
    job.says(HEALTHY, new ToMaster.Revoked(HEALTHY, FIRST, List.of(survivor)));
    job.fallsSilent(CUT_OFF);
    job.passes(6 * SECOND); // given up
    job.killed().clear();
  }

  /** What its agent reports of it: it is ready, and holds the newest step. */
  private void comesBack() {
    job.registers(CUT_OFF, 1, new ToMaster.WorkerReport(HUNG, 1, true, FIRST, 10));
    job.passes(SECOND);
  }

  @Test
  void givenAHungWorker_whenItsNodeComesBackWithIt_thenItIsKilledAndInNoGroup() {
    comesBack();
    assertThat(job.killed()).as(job.notes()).containsExactly(HUNG);
    assertThat(job.latestForm().group().generation()).isEqualTo(FIRST);
    var other = new WorkerId(CUT_OFF, 1);
    job.ready(other);
    assertThat(job.latestForm().group().contains(other)).as(job.notes()).isTrue();
    assertThat(job.latestForm().group().contains(HUNG)).isFalse();
  }

  @Test
  void givenAHungWorker_whenItsNodeComesBackTwice_thenItIsKilledEachTime() {
    comesBack();
    job.registers(CUT_OFF, 1, new ToMaster.WorkerReport(HUNG, 1, true, FIRST, 10));
    assertThat(job.killed()).as(job.notes()).containsExactly(HUNG, HUNG);
  }
}
