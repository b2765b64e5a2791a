package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.run.RunJson;
import dev.muster.simulator.local.PredictedMeasured;
import dev.muster.simulator.local.PredictedMeasured.Cause;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A drill on real processes beside its prediction. */
@Timeout(180)
class LocalDrillTest {
  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private static final String DRILL =
      """
      drill = short, horizon = 1h, fleet { nodes = 1, slots = 3 }
      job { workers = 2, min-workers = 1, spares = 1, step = 20ms }
      faults = [ { do = hang, at = 1s }, { do = partition, at = 2s, for = 1s } ]
      """;

  @Test
  void givenAHangAndAPartition_whenPlayedHere_thenTheHangIsPredictedAndMeasured()
      throws IOException {
    var drill = Files.writeString(muster.directory().resolve("short.conf"), DRILL);
    var out = muster.directory().resolve("local-" + System.nanoTime());
    var command =
        muster.command(
            new RunFolder(out.resolve(out.getFileName() + "-measured")),
            "drill",
            "run",
            drill.toString(),
            "--in",
            "local",
            "--for",
            "6s",
            "--kills",
            "1",
            "-Dmuster.worker.settings.hidden=16",
            "--out",
            out.toString());
    assertThat(command.awaitExit()).as(command.output()).isZero();
    assertThat(command.output())
        .contains("not here 1 x partition: agents and master share one host", "goodput");
    var compared =
        RunJson.value(Files.readAllBytes(out.resolve("local.json")), PredictedMeasured.class);
    assertThat(compared.calibration().recoveries()).isEqualTo(1);
    assertThat(compared.struck()).singleElement().asString().contains("hang n0: pid ");
    assertThat(compared.phases())
        .filteredOn(phase -> phase.cause() == Cause.HANG && phase.phase().equals("detect"))
        .singleElement()
        .satisfies(detect -> {
          assertThat(detect.predicted().count()).isEqualTo(1);
          assertThat(detect.measured().count()).isEqualTo(1);
          assertThat(detect.measured().p50()).isGreaterThan(1000); // the detector's floor is 2 s
        });
    assertThat(out.resolve("calibration.json")).exists();
  }
}
