package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import org.junit.jupiter.api.Test;

class LostHoldersTest {
  private static final NodeId NODE = new NodeId("n1");
  private static final WorkerId WORKER = new WorkerId(NODE, 0);
  private static final WorkerId OTHER = new WorkerId(NODE, 1);

  private final LostHolders holders = new LostHolders();

  private boolean awaited(long step) {
    return holders.beyond(step, node -> true).isPresent();
  }

  @Test
  void givenALostWorker_whenItHoldsMoreThanTheOthers_thenItsNodeIsAwaited() {
    holders.add(WORKER, 5);
    assertThat(holders.beyond(4, node -> true)).contains(NODE);
    assertThat(awaited(5)).isFalse();
    assertThat(holders.beyond(4, node -> false)).as("its lease has ended").isEmpty();
  }

  @Test
  void givenTwoLostWorkers_whenOneHasEnded_thenTheOtherIsStillAwaited() {
    holders.add(WORKER, 5);
    holders.add(OTHER, 5);
    assertThat(holders.ended(WORKER)).isTrue();
    assertThat(awaited(4)).isTrue();
    assertThat(holders.ended(OTHER)).isTrue();
    assertThat(awaited(4)).isFalse();
    assertThat(holders.ended(OTHER)).isFalse();
  }

  @Test
  void givenAWorkerThatMayHoldAnyStep_whenTheLastOneIsTold_thenItHoldsNoLaterOne() {
    holders.add(WORKER, LostHolders.ANY_STEP);
    assertThat(awaited(1_000_000)).isTrue();
    holders.lastStep(7);
    assertThat(awaited(6)).isTrue();
    assertThat(awaited(7)).isFalse();
  }

  @Test
  void givenALostWorker_whenItsNodeIsBack_thenItTellsItself() {
    holders.add(WORKER, 5);
    holders.back(new NodeId("n2"));
    assertThat(awaited(4)).isTrue();
    holders.back(NODE);
    assertThat(awaited(4)).isFalse();
  }
}
