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
 * A node was given up and comes back, while its worker still trains in a group that has ended for
 * all others: what it registers with is what the worker held when the agent looked.
 */
class ReturningTest {
  private static final Generation FIRST = new Generation(1);
  private static final NodeId OTHER = new NodeId("n0");
  private static final NodeId BACK = new NodeId("n1");
  private static final WorkerId UNAWARE = new WorkerId(BACK, 0);

  private final DrivenJob job = new DrivenJob(2, 1, 2);

  /** Step 12 is committed, and the other one that held it is gone. */
  @BeforeEach
  void comesBack() {
    job.registers(OTHER, 1);
    job.registers(BACK, 1);
    job.ready(new WorkerId(OTHER, 0));
    job.ready(UNAWARE);
    job.trains(10);
    job.fallsSilent(BACK);
    job.passes(6 * SECOND); // given up
    job.says(OTHER, revoked(OTHER, FIRST, new WorkerId(OTHER, 0), 12));
    job.registers(OTHER, 2); // a new agent: the workers of the former are gone
    job.registers(BACK, 1, new ToMaster.WorkerReport(UNAWARE, 1, true, FIRST, 10));
    job.ready(new WorkerId(OTHER, 2));
  }

  private static ToMaster.Revoked revoked(
      NodeId node, Generation generation, WorkerId worker, long step) {
    return new ToMaster.Revoked(node, generation, List.of(new ToMaster.Survivor(worker, step)));
  }

  @Test
  void givenAWorkerThatStillTrains_whenItsNodeIsBack_thenItsGroupIsRevokedFirst() {
    assertThat(job.revoked(BACK)).as(job.notes()).isEqualTo(FIRST);
    assertThat(job.groups()).as(job.notes()).isEqualTo(1);
  }

  @Test
  void givenAWorkerThatStillTrains_whenItTellsItsLastStep_thenTheNextGroupGoesOnFromThere() {
    job.says(BACK, revoked(BACK, FIRST, UNAWARE, 12));
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
    assertThat(job.latestForm().startStep()).isEqualTo(12);
  }

  @Test
  void givenAWorkerThatStillTrained_whenItEndsBeforeItTells_thenNobodyWaitsForIt() {
    job.says(BACK, new ToMaster.Revoked(BACK, FIRST, List.of()));
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
  }

  @Test
  void givenAWorkerThatStillTrains_whenItsNodeIsGivenUpAgain_thenItMayHoldWhatItMightBefore() {
    job.ready(new WorkerId(OTHER, 3));
    job.fallsSilent(BACK);
    job.passes(6 * SECOND);
    assertThat(job.groups()).as(job.notes()).isEqualTo(1);
    job.passes(20 * SECOND); // its lease has ended
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
  }
}
