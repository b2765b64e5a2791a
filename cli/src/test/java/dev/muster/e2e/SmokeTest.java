package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.RunState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The shortest whole run there is. */
@Timeout(120)
class SmokeTest {
  @RegisterExtension final MusterRuns muster = new MusterRuns();

  @Test
  void givenTwoWorkers_whenAllGoesWell_thenEveryStepIsCommittedAndNothingIsLeft() {
    var run = muster.run("--model", "mlp", "--workers", "2", "--steps", "20", "--spares", "0");
    assertThat(run.awaitExit()).isZero();
    var result = run.awaitResult();
    assertThat(result.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(result.steps()).isEqualTo(20);
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(run.processes()).isEmpty();
    assertThat(run.folder().shared()).doesNotExist();
  }
}
