package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.Progress;
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
  void givenAWarmSpare_whenARankDies_thenTheSpareTakesItsPlaceAndSurvivorsKeepTheirProcesses() {
    assertReplaced(1, Recovery.Kind.SPARE);
  }

  @Test
  void givenNoSpare_whenARankDies_thenANewProcessTakesItsPlaceAndSurvivorsKeepTheirProcesses() {
    assertReplaced(0, Recovery.Kind.COLD);
  }

  private void assertReplaced(int spares, Recovery.Kind kind) {
    var run =
        muster.run(SmallModel.flags(4, 150, "--spares", "" + spares, "--fail", "rank=2@step=20"));
    var before =
        pids(run.awaitProgress("first group", p -> p.generation() == 1 && p.ranks().size() == 4));
    run.awaitEvent("recovery.done");
    var after =
        pids(run.awaitProgress("second group", p -> p.generation() == 2 && p.ranks().size() == 4));
    System.out.println("pids before " + before + " after " + after);
    assertThat(before).doesNotContain(0L);
    assertThat(after.get(2)).isPositive().isNotIn(before);
    for (int survivor : new int[] {0, 1, 3}) {
      assertThat(after.get(survivor)).isEqualTo(before.get(survivor));
    }
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.recoveries())
        .singleElement()
        .satisfies(r -> {
          assertThat(r.kind()).isEqualTo(kind);
          assertThat(r.cause()).startsWith("rank 2 ").contains("SIGKILL");
          assertThat(r.detectMs()).isPositive();
          System.out.println(r);
        });
  }

  private static List<Long> pids(Progress progress) {
    return progress.ranks().stream().map(Progress.Rank::pid).toList();
  }
}
