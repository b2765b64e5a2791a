package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.LEASE_NS;
import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Members on two machines: where they meet, and when one machine does not know the last step. */
class MachinesApartTest {
  private static final Generation FIRST = new Generation(1);
  private static final NodeId HERE = new NodeId("n0");
  private static final NodeId THERE = new NodeId("n1");

  private DrivenJob job = new DrivenJob(4, 1, 2).apart();

  private static WorkerId worker(NodeId node, int number) {
    return new WorkerId(node, number);
  }

  private void ready(NodeId node, int number) {
    String endpoint = node.name() + ":" + number;
    job.says(node, new ToMaster.WorkerReady(worker(node, number), 1, "tokens", false, endpoint));
  }

  private void trainsTo(long step) {
    job.registers(HERE, 1);
    job.registers(THERE, 1);
    ready(HERE, 0);
    ready(THERE, 0);
    ready(HERE, 1);
    ready(THERE, 1);
    job.trains(step);
  }

  private ToMaster.Revoked revoked(NodeId node, long step, boolean inDoubt) {
    var survivors =
        List.of(
            new ToMaster.Survivor(worker(node, 0), step),
            new ToMaster.Survivor(worker(node, 1), step));
    return new ToMaster.Revoked(node, FIRST, survivors, List.of(), inDoubt);
  }

  private void sparesHere() {
    ready(HERE, 2);
    ready(HERE, 3);
  }

  @Test
  void givenTwoMachines_whenFormed_thenNeighbouringRanksShareOneAndLeadersAreNamed() {
    trainsTo(1);
    var form = job.latestForm();
    assertThat(form.group().members())
        .extracting(member -> member.worker().node())
        .containsExactly(HERE, HERE, THERE, THERE);
    assertThat(form.hosts())
        .containsExactly(
            new ToAgent.HostPart(List.of(HERE), "n0:0"),
            new ToAgent.HostPart(List.of(THERE), "n1:0"));
  }

  @Test
  void givenOneMachine_whenFormed_thenNothingIsSaidOfHosts() {
    job = new DrivenJob(4, 1, 2);
    trainsTo(1);
    assertThat(job.latestForm().group().nodes()).hasSize(2);
    assertThat(job.latestForm().hosts()).isEmpty();
  }

  @Test
  void givenALostMachine_whenTheOtherKnowsTheLastStep_thenItGoesOnAtOnce() {
    trainsTo(10);
    job.fallsSilent(THERE);
    job.passes(6 * SECOND);
    job.says(HERE, revoked(HERE, 10, false));
    sparesHere();
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
    assertThat(job.latestForm().startStep()).isEqualTo(10);
    assertThat(job.latestForm().hosts()).as("all on one machine now").isEmpty();
  }

  @Test
  void givenALostMachine_whenTheOtherIsInDoubt_thenItsLeaseIsWaitedForBeforeTheStepIsGivenUp() {
    trainsTo(10);
    job.fallsSilent(THERE);
    job.passes(6 * SECOND);
    job.says(HERE, revoked(HERE, 10, true));
    sparesHere();
    job.passes(2 * SECOND);
    assertThat(job.groups()).as(job.notes()).isEqualTo(1);
    job.passes(LEASE_NS);
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
    assertThat(job.latestForm().startStep()).isEqualTo(10);
  }

  @Test
  void givenALostMachineThatComesBack_whenItHoldsTheStepInDoubt_thenTheStepIsKept() {
    trainsTo(10);
    job.fallsSilent(THERE);
    job.passes(6 * SECOND);
    job.says(HERE, revoked(HERE, 10, true));
    sparesHere();
    job.registers(
        THERE,
        1,
        new ToMaster.WorkerReport(worker(THERE, 0), 1, true, FIRST, 11, "n1:0"),
        new ToMaster.WorkerReport(worker(THERE, 1), 1, true, FIRST, 11, "n1:1"));
    job.says(THERE, revoked(THERE, 11, false));
    job.passes(LEASE_NS);
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
    assertThat(job.latestForm().startStep()).as(job.notes()).isEqualTo(11);
  }

  @Test
  void givenBothAnswer_whenOneIsInDoubt_thenTheGroupGoesOnFromWhatTheOtherHolds() {
    trainsTo(10);
    job.says(
        THERE,
        new ToMaster.WorkerExited(
            worker(THERE, 1), FIRST, dev.muster.protocol.Exit.signal(9), 10, 0, ""));
    job.says(HERE, revoked(HERE, 10, true));
    job.says(
        THERE,
        new ToMaster.Revoked(
            THERE, FIRST, List.of(new ToMaster.Survivor(worker(THERE, 0), 11)), List.of(), false));
    ready(THERE, 2);
    assertThat(job.groups()).as(job.notes()).isEqualTo(2);
    var form = job.latestForm();
    assertThat(form.startStep()).isEqualTo(11);
    assertThat(form.group().members().get(form.sourceRank()).worker()).isEqualTo(worker(THERE, 0));
    assertThat(form.needState()).containsExactly(0, 1, 3);
  }
}
