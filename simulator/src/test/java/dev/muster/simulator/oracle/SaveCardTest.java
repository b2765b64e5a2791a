package dev.muster.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.simulator.account.TimeClass;
import dev.muster.simulator.drill.DrillReader;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * DLRover's card of the time of a save: bytes, what a device copies to its host, and memory that is
 * used for the first time; profile {@code dlrover-a100}. A step is so short that nothing of a save
 * goes on behind it, as with theirs. Muster keeps two snapshots, so two saves find new memory.
 */
class SaveCardTest {
  private static final double BETWEEN = 10; // s of steps

  /** Seconds for which the saves of a job held up its steps until so many were made. */
  private static double blocked(int hosts, int ranksOfHost, double bytesPerRank, int saves) {
    double horizon =
        65 + saves * BETWEEN + Math.min(2, saves) * blockedAtMost(ranksOfHost * bytesPerRank);
    var drill =
        DrillReader.parse(
            String.format(
                Locale.ROOT,
                """
                horizon = %.0fms, profile = dlrover-a100, fleet { nodes = %d, slots = %d }
                job {
                  workers = %d, spares = 0, step = 1ms
                  checkpoint { memory-every = 10000, sharded = true, copy-spread = 1, bytes-per-rank = %.0f }
                }
                policy.a.hang.floor = 10m
                """,
                horizon * 1e3,
                hosts,
                ranksOfHost,
                hosts * ranksOfHost,
                bytesPerRank));
    return OneWorker.play(drill, 1).account().share(TimeClass.CHECKPOINT) * horizon;
  }

  private static double blockedAtMost(double bytesOfHost) {
    return bytesOfHost / 1.304e9 + bytesOfHost / 25e9;
  }

  private static double third(int hosts, int ranksOfHost, double bytesPerRank) {
    return blocked(hosts, ranksOfHost, bytesPerRank, 3)
        - blocked(hosts, ranksOfHost, bytesPerRank, 2);
  }

  /** 3 GB of one rank: 0.12 s to copy them, and 2.3 s before that for memory that is new. */
  @Test
  void givenThreeGigabytes_whenSaved_thenNewMemoryTakesMostOfTheTime() {
    double first = blocked(1, 1, 3e9, 1);
    assertThat(first).isCloseTo(2.3 + 0.12, within(0.01));
    assertThat(blocked(1, 1, 3e9, 2)).as("the other buffer").isCloseTo(2 * first, within(0.01));
    assertThat(third(1, 1, 3e9)).isCloseTo(0.12, within(0.005));
  }

  /**
   * 18 and 24 GB of 16 ranks on two hosts: 0.5 s published of both. The first save, about 20 s
   * published, takes half of that or less by the rate of the 3 GB.
   */
  @ParameterizedTest
  @CsvSource({"18, 0.36, 7.26", "24, 0.48, 9.68"})
  void givenRanksThatShareAHost_whenSaved_thenTheyShareItsSpeed(
      double gigabytes, double seconds, double firstSeconds) {
    double perRank = gigabytes * 1e9 / 16;
    assertThat(third(2, 8, perRank)).isCloseTo(seconds, within(0.01));
    assertThat(third(2, 8, perRank)).as("published").isCloseTo(0.5, within(0.15));
    assertThat(blocked(2, 8, perRank, 1)).isCloseTo(firstSeconds, within(0.02));
    assertThat(third(16, 1, perRank)).as("a host each").isCloseTo(seconds / 8, within(0.01));
  }
}
