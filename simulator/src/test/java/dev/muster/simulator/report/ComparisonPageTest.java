package dev.muster.simulator.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.Recovery;
import dev.muster.simulator.local.LocalPlan;
import dev.muster.simulator.local.MeasuredCosts;
import dev.muster.simulator.local.Observed;
import dev.muster.simulator.local.PredictedMeasured;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The page of a drill on real processes shows both sides, and what was left out. */
class ComparisonPageTest {
  private static final MeasuredCosts COSTS =
      new MeasuredCosts("a test", 20, 3000, 30, 1000, 15, 40, 30, 50, 6);

  private static Observed observed(long steps, double totalMs) {
    var recovery =
        new Recovery(
            2, "rank 1 ended with SIGKILL", 5, 1, 4, 40, 30, 50, totalMs, 1, Recovery.Kind.SPARE);
    return new Observed(
        steps, 1, 2, 60_000_000_000L, 20_000_000, List.of(recovery), List.of("1.0 s crash <0>"));
  }

  private static String page(Observed predicted, Observed measured) {
    var plan = new LocalPlan(List.of(), List.of("1 x partition: no network is between them"));
    return ComparisonPage.html(
        PredictedMeasured.of("d", 1, "quiet", COSTS, plan, predicted, measured));
  }

  @Test
  void givenBothSides_whenWritten_thenTheyStandSideBySide() {
    assertThat(page(observed(2900, 130), observed(2700, 260)))
        .contains("was predicted to take 130 ms and took 260 ms (medians of 1 and 1)")
        .contains("<td>crash, detect<td>5 ms (5 ms)<td>5 ms (5 ms)")
        .contains("<td>steps<td>2,900<td>2,700")
        .contains("1 x partition: no network is between them")
        .contains("1.0 s crash &lt;0&gt;")
        .contains("<rect class=\"c-spare\" y=\"1\" width=\"110\"")
        .doesNotContain("<script", "http");
  }

  @Test
  void givenNoRecovery_whenWritten_thenItSaysSo() {
    var none = new Observed(10, 0, 1, 60_000_000_000L, 20_000_000, List.of(), List.of());
    assertThat(page(none, none)).contains("there is nothing to compare").contains("<li>nothing");
  }
}
