package dev.muster.cli.abort;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slices of {@code muster bench abort}; how long it takes is for the benchmark. */
class AbortBenchTest {
  private static final long MINUTE_NS = 60_000_000_000L;

  @TempDir Path folder;

  @Test
  void givenRanksInEveryKindOfCall_whenAborted_thenAllReturnAndNothingLeaks() throws IOException {
    int calls = BlockedCall.values().length;
    try (var bench = new AbortBench(new AbortBench.Plan(4, 2, 2 * calls, 7), folder)) {
      var result = bench.run();
      assertThat(result.byMonitor().count()).isPositive();
      assertThat(result.byPeer().count()).isPositive();
      assertThat(result.byMonitor().count() + result.byPeer().count()).isEqualTo(6 * calls);
      assertThat(AbortReport.leaks(result)).isEmpty();
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void givenRanksKilledAtRandomMoments_whenRevoked_thenSurvivorsHoldTheCommittedStep()
      throws IOException {
    var plan = new KillCampaign.Plan(20, 3, 11, MINUTE_NS);
    try (var campaign = new KillCampaign(plan, folder)) {
      var result = campaign.run();
      assertThat(result.faults()).as(KillCampaign.replay(plan)).isEmpty();
      assertThat(result.returns().count()).isEqualTo(40);
      assertThat(result.named().values().stream().mapToInt(n -> n).sum()).isEqualTo(5);
      assertThat(result.left()).isEmpty();
    }
    assertThat(names()).isEmpty();
  }

  /** As a run whose processes, agent included, are all killed at once. */
  @Test
  void givenAGroupWhoseProcessesAreAllKilled_whenSwept_thenNothingIsLeft() throws IOException {
    try (var hosts = new RankHosts(folder, 2)) {
      for (int rank = 0; rank < 2; rank++) {
        hosts.all().get(rank).order("join 5 2 %d 1 0 4096".formatted(rank));
      }
      for (var host : hosts.all()) {
        assertThat(host.hear("joined")).hasSize(3);
      }
      hosts.all().get(0).order("join 6 2 0 1 0 4096"); // alone: its data file has a name still
      while (!names().contains("dp-g6-r0.mem")) {
        Thread.onSpinWait();
      }
    }
    assertThat(names()).contains("dp-g5.ctl", "dp-g5-r1.rec", "dp-g6-r0.mem");
    assertThat(SharedMemoryGroups.sweep(folder)).isEqualTo(6);
    assertThat(names()).isEmpty();
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }
}
