package dev.muster.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransportBenchTest {
  /** 1,000 MiB are 1.048576 GB. */
  @Test
  void givenSamples_whenPrinted_thenMediansRatiosAndTheCpuTimeOfAll() {
    var row = new TransportRow("aeron", 1000);
    row.add(new TransportRow.Sample(1.0, 0.1, 0.5, 2.0));
    row.add(new TransportRow.Sample(4.0, 0.1, 1.0, 4.0));
    row.add(new TransportRow.Sample(2.0, 0.1, 1.5, 3.0));
    assertThat(row.toString().strip().split(" +"))
        .containsExactly("1000", "aeron", "0.52", "1.05", "0.05", "0.50", "2.86");
  }

  @Test
  void givenAnotherProcess_whenMeasured_thenEveryKindHasARowAndNothingIsLeft(@TempDir Path folder)
      throws Exception {
    try (var bench = new TransportBench(PacketNetwork.loopback(), folder, 1)) {
      var rows = bench.run(1, 1);
      assertThat(rows).hasSize(TransportKind.values().length);
      assertThat(rows).allSatisfy(row -> assertThat(row.toString()).doesNotContain("NaN"));
    }
  }
}
