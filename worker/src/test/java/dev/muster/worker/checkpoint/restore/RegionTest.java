package dev.muster.worker.checkpoint.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.worker.checkpoint.storage.Box;
import dev.muster.worker.checkpoint.storage.Box.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegionTest {
  private static final long EXTENT = 5;

  /** Against a set of cells, one by one. */
  @Test
  void givenAnyBoxesTakenAway_whenAsked_thenEachCellIsInOneBoxIfItIsLeftAndInNoneOtherwise() {
    for (long seed = 0; seed < 500; seed++) {
      var random = new Random(seed);
      int dimensions = random.nextInt(4);
      var start = box(random, dimensions);
      var region = Region.of(start);
      var taken = new ArrayList<Box>();
      for (int i = random.nextInt(5); i > 0; i--) {
        taken.add(box(random, dimensions));
        region = region.without(taken.getLast());
      }
      for (var cell : cells(dimensions)) {
        boolean left = start.contains(cell) && taken.stream().noneMatch(t -> t.contains(cell));
        assertThat(region.boxes().stream().filter(b -> b.contains(cell)).count())
            .as("seed=%s cell=%s region=%s", seed, cell, region)
            .isEqualTo(left ? 1 : 0);
        assertThat(region.meets(cell)).isEqualTo(left);
      }
    }
  }

  private static Box box(Random random, int dimensions) {
    var sides = new ArrayList<Side>();
    for (int d = 0; d < dimensions; d++) {
      long from = random.nextLong(EXTENT);
      sides.add(new Side(from, random.nextLong(from, EXTENT + 1)));
    }
    return new Box(sides);
  }

  private static List<Box> cells(int dimensions) {
    List<Box> cells = List.of(new Box(List.of()));
    for (int d = 0; d < dimensions; d++) {
      var next = new ArrayList<Box>();
      for (var cell : cells) {
        for (long i = 0; i < EXTENT; i++) {
          var sides = new ArrayList<>(cell.sides());
          sides.add(new Side(i, i + 1));
          next.add(new Box(sides));
        }
      }
      cells = next;
    }
    return cells;
  }
}
