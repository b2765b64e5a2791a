package dev.muster.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ShardTest {
  @Test
  void givenRowsOfTwoParameters_whenDealtToThree_thenEachGetsTheRowsThatStartInItsThird() {
    Layout layout =
        Layout.builder().matrix("a", 1, 4, 5).vector("b", Layout.Initial.ZERO, 7).build();
    assertThat(boxes(layout, 0, 3)).containsExactly("a [0, 2) of [4, 5]"); // elements 0 to 8
    assertThat(boxes(layout, 1, 3)).containsExactly("a [2, 4) of [4, 5]");
    assertThat(boxes(layout, 2, 3)).containsExactly("b [0, 7) of [7]");
    assertThat(Shard.of(layout, 1, 3).getFirst().box())
        .isDeepEqualTo(new long[][] {{2, 4}, {0, 5}});
  }

  private static List<String> boxes(Layout layout, int rank, int worldSize) {
    return Shard.of(layout, rank, worldSize).stream()
        .map(s ->
            s.slot().name()
                + " ["
                + s.fromRow()
                + ", "
                + s.toRow()
                + ") of "
                + Arrays.toString(s.slot().shape()))
        .toList();
  }

  @Test
  void givenAnyLayoutAndWorldSize_whenDealt_thenShardsAreDisjointCoveringOrderedAndBalanced() {
    int emptyRanks = 0;
    for (long seed = 1; seed <= 300; seed++) {
      var random = new SplittableRandom(seed);
      Layout layout = layout(random);
      long rows = layout.slots().stream().mapToLong(slot -> slot.shape()[0]).sum();
      int worldSize = 1 + random.nextInt((int) rows + 3);
      emptyRanks += check(layout, worldSize, "seed=" + seed + " worldSize=" + worldSize);
    }
    assertThat(emptyRanks).isPositive(); // more ranks than rows were tried
  }

  /** Returns how many ranks have nothing. */
  private static int check(Layout layout, int worldSize, String context) {
    List<String> dealt = new ArrayList<>();
    int empty = 0;
    for (int rank = 0; rank < worldSize; rank++) {
      List<Shard> shards = Shard.of(layout, rank, worldSize);
      empty += shards.isEmpty() ? 1 : 0;
      double share = (double) layout.parameters() / worldSize;
      long own = shards.stream().mapToLong(Shard::count).sum();
      assertThat(Math.abs(own - share)).as(context).isLessThan(largestRow(layout));
      for (Shard shard : shards) {
        assertThat(shard.slot()).as(context).isSameAs(layout.slots().get(shard.index()));
        assertThat(shard.fromRow()).as(context).isLessThan(shard.toRow());
        for (long row = shard.fromRow(); row < shard.toRow(); row++) {
          dealt.add(shard.slot().name() + " " + row);
        }
      }
    }
    assertThat(dealt).as(context).isEqualTo(rows(layout));
    return empty;
  }

  private static List<String> rows(Layout layout) {
    List<String> rows = new ArrayList<>();
    for (Layout.Slot slot : layout.slots()) {
      for (long row = 0; row < slot.shape()[0]; row++) {
        rows.add(slot.name() + " " + row);
      }
    }
    return rows;
  }

  private static long largestRow(Layout layout) {
    return layout.slots().stream().mapToLong(s -> s.count() / s.shape()[0]).max().orElseThrow();
  }

  static Layout layout(SplittableRandom random) {
    var layout = Layout.builder();
    for (int slot = 1 + random.nextInt(6); slot > 0; slot--) {
      int rows = 1 + random.nextInt(20);
      switch (random.nextInt(3)) {
        case 0 -> layout.vector("p" + slot, Layout.Initial.ZERO, rows);
        case 1 -> layout.matrix("p" + slot, 1, rows, 1 + random.nextInt(40));
        default -> layout.matrix("p" + slot, 1, rows, 1 + random.nextInt(5), 3);
      }
    }
    return layout.build();
  }

  @Test
  void givenMoreElementsThanAnIntCounts_whenDealt_thenNothingOverflows() {
    Layout layout = Layout.builder().matrix("w", 0, 2047, 1 << 20).build();
    int worldSize = 100_000;
    assertThat(Shard.of(layout, worldSize - 1, worldSize)).isEmpty();
    assertThat(Shard.of(layout, 0, worldSize).getFirst().box())
        .isDeepEqualTo(new long[][] {{0, 1}, {0, 1 << 20}});
  }
}
