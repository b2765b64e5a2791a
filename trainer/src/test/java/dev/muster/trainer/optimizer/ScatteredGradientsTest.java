package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.local.LocalGroups;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class ScatteredGradientsTest {
  @Test
  void givenAnyLayoutAndWorldSize_whenReducedAndGathered_thenEachRankGetsTheSumsOfItsRowsThenAll()
      throws Exception {
    for (long seed = 1; seed <= 40; seed++) {
      var random = new SplittableRandom(seed);
      Layout layout = ShardTest.layout(random);
      int worldSize = 1 + random.nextInt(8);
      var groups = new LocalGroups();
      String context = "seed=" + seed + " worldSize=" + worldSize;
      List<Callable<Void>> ranks = new ArrayList<>();
      for (int rank = 0; rank < worldSize; rank++) {
        int own = rank;
        ranks.add(() -> rank(groups, layout, own, worldSize, context));
      }
      try (var threads = Executors.newFixedThreadPool(worldSize)) {
        for (var done : threads.invokeAll(ranks)) {
          done.get();
        }
      }
    }
  }

  /** The region is no larger than promised, so an allocation too much would fail. */
  private static Void rank(
      LocalGroups groups, Layout layout, int rank, int worldSize, String context) {
    long bytes = ScatteredGradients.sharedBytesMax(layout);
    var spec = new Groups.Spec(Path.of("memory"), "dp", 1, worldSize, 0, bytes);
    try (Communicator communicator = groups.join(spec, rank)) {
      var gradients = new ScatteredGradients(communicator, layout);
      for (int step = 1; step <= 2; step++) {
        gradients.clear();
        fill(gradients.bySlot(), rank + step);
        int factor = worldSize * (worldSize - 1) / 2 + worldSize * step; // of all ranks together
        assertThat(gradients.reduce(rank)).as(context).isEqualTo(worldSize * (worldSize - 1) / 2f);
        for (Shard shard : Shard.of(layout, rank, worldSize)) {
          checkAndNegate(gradients.bySlot().get(shard.index()), shard, factor, context);
        }
        gradients.gather();
        for (Shard whole : Shard.of(layout, 0, 1)) {
          checkAndNegate(gradients.bySlot().get(whole.index()), whole, -factor, context);
        }
      }
    }
    return null;
  }

  private static void fill(List<MemorySegment> gradients, int factor) {
    for (MemorySegment gradient : gradients) {
      for (int i = 0; i < gradient.byteSize() / 4; i++) {
        gradient.setAtIndex(JAVA_FLOAT, i, (i + 1) * factor);
      }
    }
  }

  private static void checkAndNegate(
      MemorySegment gradient, Shard shard, int factor, String context) {
    for (int i = shard.from(); i < shard.to(); i++) {
      float actual = gradient.getAtIndex(JAVA_FLOAT, i);
      assertThat(actual).as("%s %s %d", context, shard, i).isEqualTo((i + 1f) * factor);
      gradient.setAtIndex(JAVA_FLOAT, i, -actual);
    }
  }
}
