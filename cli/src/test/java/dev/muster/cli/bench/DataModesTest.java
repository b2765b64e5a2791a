package dev.muster.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.cli.bench.DataModes.Pair;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataModesTest {
  @Test
  void givenPairsOfRuns_whenCompared_thenTheMedianOfTheirRatiosCounts() {
    var modes = new DataModes(List.of(new Pair(100, 90), new Pair(50, 10), new Pair(200, 160)));
    assertThat(modes.medianRatio()).isCloseTo(0.8, within(1e-12));
    assertThat(modes.addedMs()).as("medians 100 and 90").isCloseTo(1000 / 90.0 - 10, within(1e-9));
    assertThat(modes.lines()).hasSize(4);
    assertThat(modes.lines().getLast()).startsWith("median").endsWith("ratio 0.800");
    assertThat(DataModes.median(List.of(4.0, 1.0))).isEqualTo(2.5);
  }
}
