package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ranks call different collectives: who failed is told with what the flight recorders say. */
class EvidenceTest {
  private static final NodeId NODE = new NodeId("a");
  private static final String ERROR = "java.lang.IllegalStateException: differ\n\tat A.b";
  private static final String SIDES = "call #5 of dp differs: rank 0 called barrier; rank 1 …";

  private final DrivenJob job = new DrivenJob(2, 2, 1);
  private final Set<WorkerId> gone = new TreeSet<>();
  private long step;

  @BeforeEach
  void start() {
    job.registers(NODE, 1);
    job.passes(2 * DrivenJob.SECOND);
    trains();
  }

  private void trains() {
    job.launched().stream().filter(w -> !gone.contains(w)).forEach(job::ready);
    job.passes(2 * DrivenJob.SECOND);
    job.trains(++step);
  }

  private Generation generation() {
    return job.latestForm().group().generation();
  }

  private void fails(Exit exit, String error) {
    var members = job.latestForm().group().members();
    var failed = members.get(1).worker();
    gone.add(failed);
    var survivor = new ToMaster.Survivor(members.get(0).worker(), step);
    job.says(NODE, new ToMaster.WorkerExited(failed, generation(), exit, step, 0, error));
    job.says(NODE, new ToMaster.Revoked(NODE, generation(), List.of(survivor)));
  }

  private void isDiagnosed() {
    job.says(NODE, new ToMaster.GroupDiagnosed(NODE, generation(), SIDES));
  }

  /** The cause of the last one, as the result of the job tells it. */
  private String recovery() {
    job.stopRequested();
    job.passes(400 * DrivenJob.SECOND); // what is saved before the end, and workers that do not end
    return job.result().recoveries().getLast().cause();
  }

  @Test
  void givenEvidenceBeforeTheFailure_whenRecovered_thenTheCauseNamesBothSides() {
    isDiagnosed();
    fails(Exit.code(1), ERROR);
    trains();
    assertThat(recovery()).as(job.notes()).contains("differ; " + SIDES);
  }

  @Test
  void givenEvidenceAfterTheFailure_whenRecovered_thenTheCauseNamesBothSides() {
    fails(Exit.code(1), ERROR);
    isDiagnosed();
    trains();
    assertThat(recovery()).as(job.notes()).contains("differ; " + SIDES);
  }

  @Test
  void givenEvidenceOfAnOlderGroup_whenTheNextEnds_thenItIsNotTakenForItsOwn() {
    isDiagnosed();
    fails(Exit.code(1), ERROR);
    trains();
    fails(Exit.signal(9), "");
    trains();
    assertThat(recovery()).as(job.notes()).contains("SIGKILL").doesNotContain(SIDES);
  }

  @Test
  void givenAJobThatEnds_whenItsEndIsTold_thenTheFirstCauseNamesBothSides() {
    for (int i = 0; i <= 3; i++) { // restarts of the driven job
      fails(Exit.code(1), ERROR);
      isDiagnosed();
      if (i < 3) {
        trains();
      }
    }
    job.passes(20 * DrivenJob.SECOND);
    assertThat(job.result()).as(job.notes()).isNotNull();
    assertThat(job.result().firstCause().text()).contains("differ; " + SIDES);
  }
}
