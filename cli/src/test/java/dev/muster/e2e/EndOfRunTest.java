package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.process.LiveWorkers;
import dev.muster.protocol.local.ControlPage.Phase;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The last step is committed, the run is not over yet. */
@Timeout(120)
class EndOfRunTest {
  private static final String SLOW_EVALUATION = "-Dmuster.worker.settings.evaluation-windows=20000";

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  @Test
  void givenTheRankThatEvaluatesDies_whenReplaced_thenTheRunStillEndsWithItsLoss() {
    var run = muster.run(SmallModel.flags(2, 20, "--spares", "0", SLOW_EVALUATION));
    long pid = run.rankPid(0);
    try (var workers = new LiveWorkers(run.folder())) {
      run.await(
          "rank 0 evaluates",
          () ->
              Optional.of(workers.look())
                  .filter(
                      all -> all.stream().filter(w -> w.phase() == Phase.FINISHED).count() == 2));
    }
    ProcessTable.kill(pid);
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.recoveries()).hasSize(1);
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.finalLoss()).isFinite();
    assertThat(result.report()).isNotEmpty();
    assertThat(run.events("parameters.differ")).isEmpty();
  }
}
