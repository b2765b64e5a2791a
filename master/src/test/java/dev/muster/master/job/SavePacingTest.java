package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec.Checkpoint;
import dev.muster.protocol.message.ToMaster;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two nodes with a worker each; how often these save is the master's choice. */
class SavePacingTest {
  private static final NodeId A = new NodeId("a");
  private static final NodeId B = new NodeId("b");
  private static final long STEP_NS = SECOND / 2;

  private final DrivenJob job =
      new DrivenJob(
          DrivenJob.config(2, 1, 2, new Checkpoint(Checkpoint.AUTO, 5 * SECOND, 3, 0, "")));

  @BeforeEach
  void aGroupThatTrains() {
    for (var node : new NodeId[] {A, B}) {
      job.registers(node, 1);
      job.ready(new WorkerId(node, 0));
    }
    job.trains(1);
  }

  private Generation generation() {
    return job.latestForm().group().generation();
  }

  private void costs(NodeId node, long blockedNs) {
    job.says(node, new ToMaster.SaveCost(node, generation(), blockedNs, STEP_NS));
  }

  private void beats(long step) {
    job.beats(A, generation(), step);
    job.beats(B, generation(), step);
  }

  @Test
  void givenAFreshJob_whenFormed_thenEveryEighthStepIsSaved() {
    assertThat(job.latestForm().saveEvery()).isEqualTo(8);
  }

  @Test
  void givenCostsOfAllNodes_whenTold_thenTheDearestCounts_andAllAreOrderedOnce() {
    costs(A, SECOND / 1000);
    assertThat(job.saveOrders()).as("b has not told").isEmpty();
    costs(B, 2 * SECOND);
    assertThat(job.saveOrders()).hasSize(2).extracting(o -> o.steps()).containsOnly(512);
    assertThat(job.notes()).contains("every 512 steps: MEMORY").contains("blockedSeconds=2.00");
    costs(A, 2 * SECOND);
    costs(B, 2 * SECOND);
    assertThat(job.saveOrders()).as("nothing new").hasSize(2);
    assertThat(job.differentInReplay()).isEmpty();
  }

  @Test
  void givenAnOrder_whenACheckpointIsDue_thenItsStepIsOneThatAllSave_heardOrNot() {
    costs(A, 2 * SECOND);
    costs(B, 2 * SECOND);
    costs(A, 1_000);
    costs(B, 1_000);
    assertThat(job.saveOrders().getLast().steps()).isEqualTo(1);
    for (long step = 2; step < 40; step++) {
      beats(step);
      job.passes(STEP_NS);
    }
    assertThat(job.persists()).isNotEmpty().allMatch(order -> order.step() % 512 == 0);
  }

  @Test
  void givenACostOfAnotherGeneration_whenTold_thenItIsOfNoMatter() {
    for (var node : new NodeId[] {A, B}) {
      job.says(node, new ToMaster.SaveCost(node, generation().next(), SECOND, STEP_NS));
    }
    assertThat(job.saveOrders()).isEmpty();
  }

  @Test
  void givenAFixedInterval_whenCostsAreTold_thenItStays() {
    var fixed = new DrivenJob(DrivenJob.config(1, 1, 1, new Checkpoint(10, 0, 3, 0, "")));
    fixed.registers(A, 1);
    fixed.ready(new WorkerId(A, 0));
    fixed.trains(1);
    var generation = fixed.latestForm().group().generation();
    fixed.says(A, new ToMaster.SaveCost(A, generation, SECOND, STEP_NS));
    assertThat(fixed.latestForm().saveEvery()).isEqualTo(10);
    assertThat(fixed.saveOrders()).isEmpty();
  }
}
