package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Eight workers on two nodes; one node was lost and is back, its four workers start again. */
class GrowthTest {
  private static final NodeId STAYS = new NodeId("n0");
  private static final NodeId BACK = new NodeId("n1");
  private static final Generation FIRST = new Generation(1);
  private static final Generation SMALLER = new Generation(2);

  private final DrivenJob job = new DrivenJob(8, 4, 2);

  @BeforeEach
  void aSmallerGroupTrains() {
    for (var node : List.of(STAYS, BACK)) {
      job.registers(node, 1);
    }
    for (int number = 0; number < 4; number++) {
      job.ready(new WorkerId(STAYS, number));
      job.ready(new WorkerId(BACK, number));
    }
    job.trains(10);
    job.fallsSilent(BACK);
    job.passes(6 * SECOND); // given up
    var held =
        IntStream.range(0, 4)
            .mapToObj(number -> new ToMaster.Survivor(new WorkerId(STAYS, number), 12))
            .toList();
    job.says(STAYS, new ToMaster.Revoked(STAYS, FIRST, held));
    job.passes(30 * SECOND);
    assertThat(job.latestForm().group().worldSize()).as(job.notes()).isEqualTo(4);
    job.trains(20);
    job.registers(BACK, 2);
    assertThat(job.revoked(STAYS)).as(job.notes()).isEqualTo(FIRST);
  }

  @Test
  void givenOthersThatStillStart_whenTheFirstIsReady_thenTheGroupTrainsOn_untilAllAre() {
    for (int number = 4; number < 8; number++) {
      assertThat(job.revoked(STAYS)).as("before worker %d", number).isEqualTo(FIRST);
      job.ready(new WorkerId(BACK, number));
    }
    assertThat(job.revoked(STAYS)).as(job.notes()).isEqualTo(SMALLER);
    assertThat(job.differentInReplay()).isEmpty();
  }

  @Test
  void givenOthersThatNeverGetReady_whenTheStartTimeoutIsOver_thenTheGroupGrowsWithoutThem() {
    job.ready(new WorkerId(BACK, 4));
    job.passes(59 * SECOND);
    assertThat(job.revoked(STAYS)).as(job.notes()).isEqualTo(FIRST);
    job.passes(2 * SECOND);
    assertThat(job.revoked(STAYS)).as(job.notes()).isEqualTo(SMALLER);
  }

  @Test
  void givenWhatIsThere_whenDecided_thenOnlyAsLongAsSomeMayStillCome() {
    assertThat(waitNs(2, 1, 1, 100)).isEqualTo(60);
    assertThat(waitNs(2, 1, 0, 100)).isZero();
    assertThat(waitNs(2, 2, 3, 100)).isZero();
    assertThat(waitNs(2, 1, 1, 170)).isZero();
  }

  private static long waitNs(int missing, int spares, int starting, long nowNs) {
    return Growth.waitNs(new Growth.View(missing, spares, starting, 60), 100, nowNs);
  }
}
