package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GradientNormTest {
  /** Rows of one element, of a few, of more than a strip, and more rows than fit a strip. */
  private static final Layout LAYOUT =
      Layout.builder()
          .vector("bias", Layout.Initial.ZERO, 5000)
          .matrix("narrow", 1, 700, 13)
          .matrix("wide", 1, 3, 9001)
          .build();

  @Test
  void givenRowsOfAllWidths_whenNormed_thenEveryElementCounts() {
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> gradients = gradients(arena, 1);
      double sum = 0;
      for (MemorySegment gradient : gradients) {
        for (float value : gradient.toArray(JAVA_FLOAT)) {
          sum += (double) value * value;
        }
      }
      assertThat(norm(arena, gradients, 1)).isCloseTo(Math.sqrt(sum), within(1e-9));
    }
  }

  @Test
  void givenTheRowsOfAnyNumberOfRanks_whenNormed_thenTheBitsAreTheSame() {
    for (long seed = 1; seed <= 5; seed++) {
      try (Arena arena = Arena.ofConfined()) {
        List<MemorySegment> gradients = gradients(arena, seed);
        double whole = norm(arena, gradients, 1);
        for (int worldSize : new int[] {2, 3, 7, 100, 10_000}) {
          assertThat(norm(arena, gradients, worldSize))
              .as("seed=%d worldSize=%d", seed, worldSize)
              .isEqualTo(whole);
        }
      }
    }
  }

  private static double norm(Arena arena, List<MemorySegment> gradients, int worldSize) {
    GradientNorm norm = new GradientNorm(LAYOUT);
    MemorySegment squares = arena.allocate(GradientNorm.sizeBytes(LAYOUT), 8);
    for (int rank = 0; rank < worldSize; rank++) {
      norm.squares(Shard.of(LAYOUT, rank, worldSize), gradients, squares);
    }
    assertThat(squares.toArray(JAVA_DOUBLE)).hasSize(5703).doesNotContain(0);
    return norm.of(squares);
  }

  private static List<MemorySegment> gradients(Arena arena, long seed) {
    var random = new SplittableRandom(seed);
    MemorySegment flat = arena.allocate(4L * LAYOUT.floats(), 64);
    for (int i = 0; i < LAYOUT.floats(); i++) {
      flat.setAtIndex(JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
    }
    return LAYOUT.slots().stream().map(slot -> ModelState.slice(flat, slot)).toList();
  }
}
