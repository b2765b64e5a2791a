package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.elastic.ElasticPlan;
import dev.muster.cli.elastic.ElasticRun;
import dev.muster.protocol.run.RunFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code muster bench elastic} with a smaller world; its result files hold the large one. */
@Timeout(240)
class ElasticTest {
  @TempDir Path directory;

  @Test
  void givenWorldsOfThreeTwoAndFour_whenRanksAreKilled_thenEachSampleIsUsedOncePerEpochInOrder()
      throws Exception {
    var random = Seed.random(ElasticTest.class);
    var plan =
        new ElasticPlan(
            10_007, 256, 2, List.of(2, 1, 2), 1, 100, random.nextLong(1 << 20), Map.of());
    var folder = new RunFolder(directory.resolve("elastic-" + ProcessHandle.current().pid()));
    var evidence = ElasticRun.play(folder.root(), plan, System.out::println);
    evidence.lines().forEach(System.out::println);
    assertThat(evidence.complaints()).isEmpty();
    assertThat(evidence.kills()).isBetween(3, 5);
    assertThat(evidence.audit().delivered()).isEqualTo(2 * 10_007);
    assertThat(
            Await.that(
                Duration.ofSeconds(10),
                () -> ProcessTable.naming(folder.run().toString()).isEmpty()))
        .as("nothing of the run is left")
        .isTrue();
  }
}
