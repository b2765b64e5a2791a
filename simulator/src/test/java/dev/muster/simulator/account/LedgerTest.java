package dev.muster.simulator.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.Outcome;
import java.io.File;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every GPU-nanosecond of a fleet has one class. */
class LedgerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long STEP_NS = SECOND / 10;
  private static final long HORIZON_NS = 600 * SECOND;
  private static final EnumSet<TimeClass> LOSS =
      EnumSet.of(
          TimeClass.REDONE,
          TimeClass.DETECT,
          TimeClass.DECIDE,
          TimeClass.REVOKE,
          TimeClass.STRANDED,
          TimeClass.DOWN);

  @TempDir private Path folder;

  private Outcome play(String faults, long seed) throws IOException {
    File file =
        Files.writeString(
                folder.resolve("drill.conf"),
                "horizon = 10m, fleet { nodes = 4, slots = 3 }, job { workers = 8, spares = 2,"
                    + " step = 100ms }\nfaults = ["
                    + faults
                    + "]")
            .toFile();
    return DrillRun.play(DrillReader.read(file), seed);
  }

  @Test
  void givenNoFault_whenPlayed_thenNothingIsLost() throws IOException {
    var account = play("", 1).account();
    LOSS.forEach(some -> assertThat(account.of(some)).as(some.text()).isZero());
    assertThat(account.share(TimeClass.PRODUCTIVE)).isBetween(0.65, 8 / 12.0);
    assertThat(account.sum()).isEqualTo(BigInteger.valueOf(12 * HORIZON_NS));
  }

  @Test
  void givenRandomFaults_whenPlayed_thenTheClassesSumToTheAllocatedTimeToTheNanosecond()
      throws IOException {
    String faults =
        """
        { do = crash, every = 20s }, { do = hang, every = 60s }, { do = partition, every = 60s, for = 8s },
        { do = node-down, every = 100s, for = 30s }, { do = agent-pause, every = 100s, for = 20s },
        { do = agent-kill, every = 100s, for = 2s }, { do = master-kill, every = 100s, for = 3s }\
        """;
    for (long seed = 1; seed <= 20; seed++) {
      var outcome = play(faults, seed);
      var account = outcome.account();
      assertThat(account.sum())
          .as("seed=%d", seed)
          .isEqualTo(BigInteger.valueOf(12 * HORIZON_NS))
          .isEqualTo(account.allocated());
      account.gpuNs().forEach((some, ns) -> assertThat(ns).as(some.text()).isNotNegative());
      assertThat(account.of(TimeClass.DOWN).signum()).as("seed=%d", seed).isPositive();
      assertThat(account.of(TimeClass.DETECT).signum()).as("seed=%d", seed).isPositive();
    }
  }

  @Test
  void givenFaultsThatSparesCover_whenPlayed_thenProductiveTimeIsThatOfTheCommittedSteps()
      throws IOException {
    var outcome = play("{ do = crash, at = 1m, node = 1 }, { do = hang, at = 3m, node = 2 }", 1);
    assertThat(outcome.recoveries()).hasSize(2);
    assertThat(outcome.account().of(TimeClass.PRODUCTIVE))
        .isEqualTo(BigInteger.valueOf(outcome.steps() * STEP_NS * 8));
  }

  @Test
  void givenAllRanksLost_whenTheyStartAnew_thenTheirWorkIsRedone() throws IOException {
    var outcome = play("{ do = master-kill, at = 5m, for = 30s }", 1); // beyond the lease
    assertThat(outcome.account().share(TimeClass.REDONE)).isGreaterThan(0.3);
    assertThat(outcome.account().of(TimeClass.PRODUCTIVE))
        .isEqualTo(BigInteger.valueOf(outcome.steps() * STEP_NS * 8));
  }

  @Test
  void givenAHundredThousandGpusForYears_whenSummed_thenNothingOverflows() {
    var time = new GpuTime();
    var expected = BigInteger.ZERO;
    for (long year = 1; year <= 5; year++) {
      long ns = 365L * 86_400 * SECOND + year;
      time.add(100_000, ns);
      time.subtract(99, year);
      expected =
          expected
              .add(BigInteger.valueOf(100_000).multiply(BigInteger.valueOf(ns)))
              .subtract(BigInteger.valueOf(99 * year));
    }
    assertThat(time.value()).isEqualTo(expected);
  }

  @Test
  void givenAnAccount_whenWrittenAsCsv_thenEveryClassHasALineAndTheLastSumsThem()
      throws IOException {
    var account = play("{ do = crash, at = 1m }", 1).account();
    var lines = account.csv("1").lines().toList();
    assertThat(lines).hasSize(TimeClass.values().length + 1);
    assertThat(lines.getLast()).startsWith("1,allocated," + 12 * HORIZON_NS + ",2.000000,");
  }
}
