package dev.muster.master.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.RunState;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaceTest {
  private final Pace pace = new Pace();

  private void at(long millis, long step) {
    pace.progress(
        new Progress(
            RunState.RUNNING, "", 1, step, 100, 1, 1, "tokens", 1, 1, 0, 0, millis, List.of()));
  }

  @Test
  void givenOneSlowInterval_whenAsked_thenTheMedianIgnoresItAndTheTailShowsIt() {
    at(0, 1);
    for (int i = 1; i <= 10; i++) {
      at(i * 100, 1 + i * 10);
    }
    at(1200, 101);
    at(1500, 102); // half a second without a step is one interval
    assertThat(pace.quantile(0.5)).isEqualTo(0.01);
    assertThat(pace.quantile(0.99)).isEqualTo(0.5);
  }

  @Test
  void givenTrainingBeginsAgain_whenAsked_thenNothingIsKnown() {
    at(0, 10);
    at(100, 20);
    at(200, 0);
    assertThat(pace.quantile(0.5)).isNaN();
  }
}
