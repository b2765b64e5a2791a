package dev.muster.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.simulator.checkpoint.SharedStorage;
import dev.muster.simulator.cluster.ClusterListener;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import java.util.ArrayList;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** DLRover's card of the speed of storage, with checkpoints that the job makes itself. */
class StorageCardTest {
  /** 18 and 24 GB at 100 MB/s: 180 and 240 s; 151 and 242 were measured. */
  @ParameterizedTest
  @CsvSource({"18, 180", "24, 240"})
  void givenAShard_whenItIsWritten_thenItTakesAsLongAsItsBytes(int gigabytes, double seconds) {
    var took = new ArrayList<Double>();
    var listener =
        new ClusterListener() {
          private long trainsNs;

          @Override
          public void trains(long nowNs, long generation, long startStep) {
            trainsNs = nowNs;
          }

          @Override
          public void checkpointed(long nowNs, SharedStorage.Checkpoint checkpoint) {
            took.add((nowNs - trainsNs) / 1e9 - checkpoint.step());
          }
        };
    var drill =
        DrillReader.parse(
            """
            horizon = 2h, fleet { nodes = 1, slots = 1 }
            job {
              workers = 1, spares = 0, step = 1s
              checkpoint {
                memory-every = 10, persist = 10m
                bytes-per-rank = %d000000000, copy-per-second = 100000000000, storage-per-second = 100000000
              }
            }
            """
                .formatted(gigabytes));
    var outcome = DrillRun.play(drill, 1, HostKind.CORE, listener);
    assertThat(outcome.violations()).isEmpty();
    assertThat(took).hasSizeGreaterThan(5);
    assertThat(took).allSatisfy(s -> assertThat(s).isCloseTo(seconds, within(2.0)));
  }
}
