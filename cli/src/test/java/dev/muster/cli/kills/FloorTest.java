package dev.muster.cli.kills;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FloorTest {
  private static final TreeMap<Long, Long> FIRST = new TreeMap<>(Map.of(1L, 0L));

  private static SnapshotPoint point(long step, long generation, int rank) {
    return new SnapshotPoint(step, generation, rank, 2);
  }

  @Test
  void givenShards_thenOnlyAStepOfWhichAllAreThereCounts() {
    var saved = List.of(point(6, 1, 0), point(4, 1, 0), point(4, 1, 1), point(6, 1, 0));
    assertThat(Floor.of(true, List.of(), saved, List.of(2L), FIRST)).isEqualTo(4);
    assertThat(Floor.of(false, List.of(), saved, List.of(2L), FIRST)).isEqualTo(6);
  }

  @Test
  void givenShardsOfTwoGenerations_thenTheyMakeNoState() {
    var saved = List.of(point(6, 1, 0), point(6, 2, 1));
    var starts = new TreeMap<>(Map.of(1L, 0L, 2L, 6L));
    assertThat(Floor.of(true, List.of(), saved, List.of(), starts)).isZero();
  }

  @Test
  void givenASnapshotThatAGroupWentBackBehind_thenItIsNoHistoryAnyMore() {
    var saved = List.of(point(8, 1, 0), point(8, 1, 1));
    var back = new TreeMap<>(Map.of(1L, 0L, 2L, 5L, 3L, 9L));
    assertThat(Floor.of(true, List.of(), saved, List.of(5L), back)).isEqualTo(5);
  }

  @Test
  void givenALivingMemberOrStorageWithALaterStep_thenThatCounts() {
    var saved = List.of(point(4, 1, 0));
    assertThat(Floor.of(false, List.of(7L, 5L), saved, List.of(6L), FIRST)).isEqualTo(7);
    assertThat(Floor.of(true, List.of(), List.of(), List.of(6L, 3L), FIRST)).isEqualTo(6);
    assertThat(Floor.of(true, List.of(), List.of(), List.of(), FIRST)).isZero();
  }
}
