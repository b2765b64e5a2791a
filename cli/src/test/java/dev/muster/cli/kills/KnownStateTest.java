package dev.muster.cli.kills;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KnownStateTest {
  private static final long FROM = 12_345;
  private static final long ELEMENTS = 30_011; // several chunks and a rest

  private final KnownState known = new KnownState(7, 2);
  private final MemorySegment memory = Arena.ofAuto().allocate(ELEMENTS * Long.BYTES, 8);

  @Test
  void givenAStateThatWentOnStepByStep_whenCompared_thenItIsThatOfItsStepAndNoOther() {
    known.fill(memory, FROM, 0);
    for (long step = 1; step <= 5; step++) {
      known.advance(memory, step - 1, step);
      assertThat(known.mismatch(memory, FROM, step)).isEmpty();
      assertThat(known.mismatch(memory, FROM, step - 1)).hasValue(0);
    }
    assertThat(known.mismatch(memory, FROM + 1, 5)).as("displaced").hasValue(0);
    assertThat(new KnownState(7, 1).mismatch(memory, FROM, 5)).as("another tensor").hasValue(0);
  }

  @Test
  void givenOneBitChangedAnywhere_whenCompared_thenItsElementIsNamed() {
    var random = new SplittableRandom(1);
    known.fill(memory, FROM, 3);
    for (int i = 0; i < 200; i++) {
      long at = random.nextLong(memory.byteSize());
      byte before = memory.get(JAVA_BYTE, at);
      memory.set(JAVA_BYTE, at, (byte) (before ^ 1 << random.nextInt(8)));
      assertThat(known.mismatch(memory, FROM, 3)).as("byte %d", at).hasValue(at / Long.BYTES);
      memory.set(JAVA_BYTE, at, before);
    }
  }

  @Test
  void givenTheTailOfAnotherStep_whenCompared_thenTheTearIsFound() {
    known.fill(memory, FROM, 3);
    long torn = 20_000;
    known.fill(memory.asSlice(torn * Long.BYTES), FROM + torn, 4);
    assertThat(known.mismatch(memory, FROM, 3)).hasValue(torn);
    assertThat(known.mismatch(memory, FROM, 4)).hasValue(0);
  }
}
