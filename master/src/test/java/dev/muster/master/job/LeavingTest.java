package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A node leaves in order and alone holds the newest step: the other member died, and what the
 * master orders does not reach the one that leaves.
 */
class LeavingTest {
  private static final long STEP = 10;
  private static final Generation FIRST = new Generation(1);
  private static final NodeId STAYS = new NodeId("n0");
  private static final NodeId LEAVES = new NodeId("n1");
  private static final WorkerId HOLDER = new WorkerId(LEAVES, 0);

  private final DrivenJob job = new DrivenJob(2, 1, 2);

  @BeforeEach
  void leave() {
    job.registers(STAYS, 1);
    job.registers(LEAVES, 1);
    job.ready(new WorkerId(STAYS, 0));
    job.ready(HOLDER);
    job.trains(STEP);
    job.passes(5 * SECOND); // last call for the first group is over
    job.registers(STAYS, 2); // a new agent: the workers of the former are gone
    job.says(STAYS, new ToMaster.Revoked(STAYS, FIRST, List.of()));
    job.says(LEAVES, new ToMaster.Leaving(LEAVES, "maintenance"));
    job.ready(new WorkerId(STAYS, 1));
    job.ready(new WorkerId(STAYS, 2));
  }

  @Test
  void givenTheHolderLives_whenItsLeaseHasNotEnded_thenItsStepIsNotGivenUp() {
    job.passes(10 * SECOND);
    assertThat(job.groups()).as(job.notes()).isEqualTo(1);
  }

  @Test
  void givenTheHolderLives_whenItsNodeComesBack_thenTheGroupGoesOnFromItsStep() {
    var report = new ToMaster.WorkerReport(HOLDER, 1, true, FIRST, STEP);
    job.registers(LEAVES, 1, report);
    var survivors = List.of(new ToMaster.Survivor(HOLDER, STEP));
    job.says(LEAVES, new ToMaster.Revoked(LEAVES, FIRST, survivors)); // it still trained
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
    assertThat(job.latestForm().startStep()).isEqualTo(STEP);
  }

  @Test
  void givenTheHolderHasEnded_whenItsNodeTellsSo_thenNobodyWaitsForIt() {
    var exited = new ToMaster.WorkerExited(HOLDER, FIRST, Exit.signal(15), STEP, 0, "");
    job.says(LEAVES, exited);
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
  }

  @Test
  void givenTheHolderIsNotHeardOf_whenItsLeaseHasEnded_thenNobodyWaitsForIt() {
    job.fallsSilent(LEAVES);
    job.passes(DrivenJob.LEASE_NS + SECOND);
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
  }
}
