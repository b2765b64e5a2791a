package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.Recovery;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One worker is replaced, the others keep their processes. */
@Timeout(120)
class ReplacementTest {
  @RegisterExtension final MusterRuns muster = new MusterRuns();

  @Test
  void givenNoSpare_whenARankDies_thenANewProcessTakesItsPlaceAndNothingIsLeftAtTheEnd() {
    var run = muster.run(SmallModel.flags(4, 100, "--spares", "0", "--fail", "rank=2@step=20"));
    var before = MusterProcess.pids(run.awaitRecoveries(0));
    var after = MusterProcess.pids(run.awaitRecoveries(1));
    System.out.println("pids before " + before + " after " + after);
    assertThat(after.get(2)).isNotIn(before);
    assertThat(List.of(after.get(0), after.get(1), after.get(3)))
        .isEqualTo(List.of(before.get(0), before.get(1), before.get(3)));
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(run.processes()).isEmpty();
    assertThat(run.folder().shared()).doesNotExist();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.recoveries())
        .singleElement()
        .satisfies(r -> {
          assertThat(r.kind()).isEqualTo(Recovery.Kind.COLD);
          assertThat(r.cause()).startsWith("rank 2 ").contains("SIGKILL");
          assertThat(r.detectMs()).isPositive();
          System.out.println(r);
        });
  }
}
