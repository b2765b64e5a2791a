package dev.muster.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RehearsalTest {
  @Test
  void givenASharedRegionOfTheDescribedSize_whenRehearsed_thenItTrains() throws Exception {
    double loss = Rehearsal.run(Map.of("model", "mlp", "hidden", "16", "batch", "2"), 2);
    assertThat(loss).isBetween(3.0, Math.log(256) + 2);
  }
}
