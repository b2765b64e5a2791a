package dev.muster.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointBenchTest {
  @TempDir private Path folder;

  /** Small and short: what comes back is compared with the state, or the run would fail. */
  @Test
  void givenASmallState_whenMeasured_thenEveryWayIsTimedAndNothingIsLeft() throws IOException {
    var notes = new ArrayList<String>();
    var lines = new CheckpointBench(2, 1, 1e6, folder, notes::add).measure(3 << 20);
    assertThat(String.join("\n", lines))
        .contains("3 MiB", CheckpointTable.SAVE, CheckpointTable.OVERLAPPED)
        .contains(CheckpointTable.FROM_MEMORY, CheckpointTable.FROM_STORAGE)
        .contains(CheckpointTable.PEER + "TCP", "aim: at most 1.3");
    try (var files = Files.walk(folder)) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @Test
  void givenTimes_whenCompared_thenTheMedianOfTheRoundsRatiosIsTold() {
    var timing = new Timing();
    for (double load : new double[] {1, 10, 2}) { // other load meets both alike
      timing.add("copy", 100 * load);
      timing.add("save", 130 * load);
    }
    assertThat(timing.ratio("save", "copy")).isEqualTo(1.3);
    assertThat(timing.medianNs("save")).isEqualTo(260);
    assertThat(Timing.median(new double[] {4, 1, 3, 2})).isEqualTo(2.5);
  }

  @Test
  void givenMeasurements_whenJudged_thenEachAimIsMetOrMissed() {
    var timing = new Timing();
    timing.add(CheckpointTable.COPY, 10e6);
    timing.add(CheckpointTable.SAVE, 13e6);
    timing.add(CheckpointTable.STEP, 100e6);
    timing.add(CheckpointTable.STEP_SAVING, 103e6);
    timing.add(CheckpointTable.OVERLAPPED, 2e6);
    timing.add(CheckpointTable.PLAIN_WRITE, 910e6);
    timing.add(CheckpointTable.DISK, 900e6);
    timing.add(CheckpointTable.PERSIST, 1000e6);
    assertThat(CheckpointTable.aims(timing))
        .containsExactly(
            "  a blocking save is 1.30 x one copy (aim: at most 1.3; met)",
            "  and so much below a plain write: 70.00 x (aim: at least 70; met)",
            "  an overlapped save is 455 x below a plain write",
            "  an overlapped save blocks 2.00 % of a step (aim: at most 1 at 64 MiB; missed)",
            "  and makes the step 3.0 % longer in all",
            "  persisting reaches 90 % of the disk's own speed");
  }
}
