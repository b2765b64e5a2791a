package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.health.LastHeard;
import dev.muster.master.rendezvous.Rendezvous;
import dev.muster.master.virtual.VirtualEffects;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A later group of two, of spares only: nobody of the former is left. */
class FormationTest {
  private final JobState state =
      new JobState(DrivenJob.config(2, 1, 3, JobSpec.Checkpoint.OFF), LastHeard.RECORDED);
  private final WorkerId first = spare("n0");
  private final WorkerId second = spare("n1");
  private final WorkerId third = spare("n2");

  private WorkerId spare(String name) {
    var node = state.fleet.node(new NodeId(name));
    state.fleet.registered(node, 1, 1, 0);
    var worker = state.fleet.add(new WorkerId(node.id, 0), 0);
    state.fleet.ready(worker, true, 0);
    return worker.id;
  }

  private void holds(WorkerId worker, long step) {
    state.fleet.holds(state.fleet.worker(worker).orElseThrow(), step);
  }

  private List<WorkerId> chosen() {
    state.highest = new Generation(1);
    return ((Rendezvous.Decision.Form) new Formation(state).decide(new VirtualEffects<>()))
        .workers();
  }

  @Test
  void givenNobodyHoldsAStep_whenTheGroupIsChosen_thenTheFirstAreTaken() {
    assertThat(chosen()).containsExactly(first, second);
  }

  @Test
  void givenASpareAloneHoldsTheNewestStep_whenTheGroupIsChosen_thenItIsTaken() {
    holds(first, 9);
    holds(third, 10);
    assertThat(chosen()).containsExactly(first, third);
  }

  @Test
  void givenAChosenOneHoldsTheNewestStepToo_whenTheGroupIsChosen_thenItIsLeftAsItIs() {
    holds(first, 10);
    holds(third, 10);
    assertThat(chosen()).containsExactly(first, second);
  }
}
