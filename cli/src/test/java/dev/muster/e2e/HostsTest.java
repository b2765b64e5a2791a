package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.Progress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two agents that stand for two hosts: their ranks share no memory, and meet over TCP. */
@Timeout(120)
class HostsTest {
  private static final int STEPS = 300;

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private static Path votes(MusterProcess run, String host, int generation) {
    return run.folder().shared(host).resolve("dp.votes-g" + generation + ".ctl");
  }

  @Test
  void givenTwoHosts_whenARankAndThenAHostDie_thenTheModelIsThatOfOneUndisturbedHost() {
    var run =
        muster.run(
            SmallModel.flags(
                2,
                STEPS,
                "--spares",
                "2",
                "--agents",
                "2",
                "--apart",
                "-Dmuster.job.last-call=1m",
                "--fail",
                "rank=1@step=20"));
    assertThat(run.awaitRecoveries(1).ranks())
        .extracting(Progress.Rank::node)
        .containsExactlyInAnyOrder("n0", "n1");
    assertThat(votes(run, "n0", 2)).exists();
    assertThat(votes(run, "n1", 2)).exists();
    run.awaitStep(50);
    ProcessTable.kill(run.agentPid("n1"));
    assertThat(run.awaitRecoveries(2).ranks()).extracting(Progress.Rank::node).containsOnly("n0");
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.samples().committedSteps()).isEqualTo(STEPS);
    assertThat(result.generations()).isEqualTo(3);
    assertThat(result.parametersDigest())
        .isEqualTo(SmallModel.undisturbed(muster, 2, STEPS).result().parametersDigest());
    assertThat(run.folder().shared("n1")).as("of a host that was killed").doesNotExist();
  }
}
