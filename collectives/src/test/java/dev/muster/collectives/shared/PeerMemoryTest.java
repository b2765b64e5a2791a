package dev.muster.collectives.shared;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PeerMemoryTest {
  private final Arena arena = Arena.ofConfined();
  private final PeerMemory memory = new PeerMemory(2, arena);
  private final PeerMemory other = new PeerMemory(2, arena);
  private final MemorySegment[] pages = {arena.allocate(32, 8), arena.allocate(32, 8)};

  @AfterEach
  void free() {
    System.clearProperty(PeerMemory.SWITCH);
    arena.close();
  }

  private void offer() {
    memory.offer(pages[0]);
    other.offer(pages[1]);
  }

  private boolean agree() {
    memory.tryAll(pages[0], pages);
    other.tryAll(pages[1], pages);
    memory.conclude(pages);
    return memory.readable();
  }

  @Test
  void givenThisProcess_whenRead_thenBytesComeWithoutAView() {
    offer();
    assertThat(agree()).isTrue();
    var source = arena.allocateFrom(ValueLayout.JAVA_LONG, 1, 2, 3);
    var target = arena.allocate(32, 8);
    assertThat(memory.read(1, source.address() + 8, target, 16, 16)).isTrue();
    assertThat(target.toArray(ValueLayout.JAVA_LONG)).containsExactly(0, 0, 2, 3);
  }

  @Test
  void givenMemoryThatIsGone_whenRead_thenItSaysSo() {
    offer();
    agree();
    assertThat(memory.read(1, 16, arena.allocate(8), 0, 8)).isFalse();
  }

  @Test
  void givenAnotherProcessOfThatNumber_whenTried_thenNobodyReadsAnyone() {
    offer();
    pages[1].set(ValueLayout.JAVA_LONG, 16, pages[1].get(ValueLayout.JAVA_LONG, 16) + 1);
    assertThat(agree()).isFalse();
  }

  @Test
  void givenOneRankThatMustNot_whenTried_thenNobodyReadsAnyone() {
    offer();
    memory.tryAll(pages[0], pages);
    System.setProperty(PeerMemory.SWITCH, "false");
    other.tryAll(pages[1], pages);
    memory.conclude(pages);
    assertThat(memory.readable()).isFalse();
  }
}
