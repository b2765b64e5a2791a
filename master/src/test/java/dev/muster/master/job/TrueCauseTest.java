package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Workers end while their agent has no link; how they ended is told after it is back. */
class TrueCauseTest {
  private static final NodeId NODE = new NodeId("a");
  private static final int MAX_RESTARTS = 3; // of the driven job
  private static final String ERROR = "java.lang.IllegalStateException: no such file\n\tat A.b";

  private final DrivenJob job = new DrivenJob(2, 2, 1);
  private final Set<WorkerId> gone = new TreeSet<>();
  private List<WorkerId> members;

  /** A new group of two trains; who was in the former one and lives is in it. */
  private void trains(long step) {
    job.launched().stream().filter(w -> !ended(w)).forEach(job::ready);
    job.passes(2 * DrivenJob.SECOND);
    members = job.latestForm().group().members().stream().map(m -> m.worker()).toList();
    job.trains(step);
  }

  private boolean ended(WorkerId worker) {
    return gone.contains(worker);
  }

  private void starts() {
    job.registers(NODE, 1);
    job.passes(2 * DrivenJob.SECOND);
    trains(5);
  }

  /** Some end, the agent comes back without them and says how it was. */
  private void endWhileAway(Exit exit, String error, WorkerId... dead) {
    var generation = job.latestForm().group().generation();
    gone.addAll(List.of(dead));
    var left =
        members.stream()
            .filter(w -> !ended(w))
            .map(w -> new ToMaster.WorkerReport(w, 1, true, generation, 5))
            .toArray(ToMaster.WorkerReport[]::new);
    job.registers(NODE, 1, left);
    for (var worker : dead) {
      job.says(NODE, new ToMaster.WorkerExited(worker, generation, exit, 5, 0, error));
    }
    var survivors =
        members.stream().filter(w -> !ended(w)).map(w -> new ToMaster.Survivor(w, 5)).toList();
    job.says(NODE, new ToMaster.Revoked(NODE, generation, survivors, List.of()));
  }

  @Test
  void givenTrainersThatFail_whenTheLinkIsDown_thenTheyUseUpTheUsersBudget() {
    starts();
    for (int i = 0; i <= MAX_RESTARTS; i++) {
      assertThat(job.result()).as("after %d failures", i).isNull();
      endWhileAway(Exit.code(1), ERROR, members.getFirst());
      if (i < MAX_RESTARTS) {
        trains(6 + i);
      }
    }
    job.passes(20 * DrivenJob.SECOND);
    assertThat(job.result().exitCode()).isEqualTo(1);
    assertThat(job.result().firstCause().trace()).isEqualTo(ERROR);
  }

  @Test
  void givenWorkersThatAreKilled_whenTheLinkIsDown_thenTheUsersBudgetStays() {
    starts();
    for (int i = 0; i <= MAX_RESTARTS + 1; i++) {
      endWhileAway(Exit.signal(9), "", members.getFirst());
      trains(6 + i);
    }
    assertThat(job.result()).isNull();
  }

  /** The second one ended because the first one did; the agent tells them in that order. */
  @Test
  void givenTwoThatEnded_whenTheLinkWasDown_thenTheFirstIsTheCause() {
    starts();
    for (int i = 0; i <= MAX_RESTARTS; i++) {
      var generation = job.latestForm().group().generation();
      gone.addAll(members);
      job.registers(NODE, 1);
      job.says(
          NODE, new ToMaster.WorkerExited(members.get(1), generation, Exit.code(1), 5, 0, ERROR));
      job.says(
          NODE, new ToMaster.WorkerExited(members.get(0), generation, Exit.signal(9), 5, 0, ""));
      job.says(NODE, new ToMaster.Revoked(NODE, generation, List.of(), List.of()));
      if (i < MAX_RESTARTS) {
        trains(6 + i);
      }
    }
    job.passes(20 * DrivenJob.SECOND);
    assertThat(job.result().exitCode()).isEqualTo(1);
    assertThat(job.result().firstCause().worker()).isEqualTo(members.get(1).toString());
  }

  @Test
  void givenANewMaster_whenToldHowAWorkerEnded_thenItKnowsTheSame() {
    starts();
    for (int i = 0; i <= MAX_RESTARTS; i++) {
      job.masterReplaced(job.journaled());
      endWhileAway(Exit.code(1), ERROR, members.getFirst());
      if (i < MAX_RESTARTS) {
        trains(6 + i);
      }
    }
    job.passes(20 * DrivenJob.SECOND);
    assertThat(job.result().exitCode()).isEqualTo(1);
  }
}
