package dev.muster.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.Recovery;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecoveryTableTest {
  @Test
  void givenRecoveriesOfTwoKinds_whenTabulated_thenPercentilesByKind() {
    var recoveries = new ArrayList<Recovery>();
    for (int i = 100; i >= 1; i--) {
      recoveries.add(new Recovery(i, "x", 1, 2, 3, 4, 5, Double.NaN, i, 0, Recovery.Kind.SPARE));
    }
    recoveries.add(new Recovery(1, "x", 1, 1, 1, 1, 1, 1, 1500, 0, Recovery.Kind.COLD));
    assertThat(RecoveryTable.header())
        .isEqualTo(
            "ranks kind      count   p50 ms   p90 ms   p99 ms   detect  decide  revoke  regroup  "
                + " state  first step");
    assertThat(RecoveryTable.rows(4, recoveries))
        .containsExactly(
            "    4 spare       100     50.0     90.0     99.0      1.0     2.0     3.0      4.0    "
                + " 5.0           -",
            "    4 cold          1   1500.0   1500.0   1500.0      1.0     1.0     1.0      1.0    "
                + " 1.0         1.0");
  }

  @Test
  void givenASeed_whenScheduled_thenTheSameFaultsInOrderAndEveryRankDies() {
    var faults = FaultSchedule.faults(7, 40, 4, 10, false);
    assertThat(faults)
        .isEqualTo(FaultSchedule.faults(7, 40, 4, 10, false))
        .isNotEqualTo(FaultSchedule.faults(8, 40, 4, 10, false));
    var ranks = new HashSet<Integer>();
    long last = 0;
    for (var fault : faults) {
      var parts = fault.split("[=@]");
      ranks.add(Integer.parseInt(parts[1]));
      assertThat(Long.parseLong(parts[3])).isGreaterThan(last);
      last = Long.parseLong(parts[3]);
    }
    assertThat(ranks).containsExactlyInAnyOrder(0, 1, 2, 3);
  }

  @Test
  void givenAShrinkingGroup_whenScheduled_thenNoRankAboveItsSize() {
    for (long seed = 0; seed < 50; seed++) {
      List<String> faults = FaultSchedule.faults(seed, 3, 4, 10, true);
      for (int kill = 0; kill < 3; kill++) {
        assertThat(Integer.parseInt(faults.get(kill).split("[=@]")[1]))
            .as("seed " + seed)
            .isLessThan(4 - kill);
      }
    }
  }
}
