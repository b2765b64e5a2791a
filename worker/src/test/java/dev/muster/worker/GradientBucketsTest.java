package dev.muster.worker;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.local.LocalGroups;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GradientBucketsTest {
  private static final long[] ELEMENTS = {3, 16, 17, 1, 100, 5};
  private final LocalGroups groups = new LocalGroups();

  @Test
  void givenParameters_whenBucketed_thenViewsAreAlignedDisjointAndFull() {
    try (var communicator = join(1, 0)) {
      var buckets = new GradientBuckets(communicator, ELEMENTS, 256);
      for (int p = 0; p < ELEMENTS.length; p++) {
        assertThat(buckets.gradient(p).byteSize()).isEqualTo(ELEMENTS[p] * 4);
        assertThat(buckets.gradient(p).address() % 64).isZero();
        buckets.gradient(p).fill((byte) (p + 1));
      }
      buckets.loss(2.5f);
      for (int p = 0; p < ELEMENTS.length; p++) {
        assertThat(buckets.gradient(p).toArray(JAVA_BYTE)).containsOnly(p + 1);
      }
      // 64 + 64 + 128 bytes fill the first bucket, 448 are more than one holds
      assertThat(IntStream.range(0, ELEMENTS.length).map(buckets::bucketOf))
          .containsExactly(0, 0, 0, 1, 2, 3);
      assertThat(buckets.count()).isEqualTo(4);
      assertThat(buckets.loss()).isEqualTo(2.5f);
      buckets.zero();
      assertThat(buckets.loss()).isZero();
    }
  }

  @Test
  void givenThreeRanks_whenReduced_thenGradientsAndLossAreSums() {
    var ranks = new CompletableFuture<?>[3];
    for (int rank = 0; rank < 3; rank++) {
      int r = rank;
      ranks[rank] =
          CompletableFuture.runAsync(() -> reduce(r), task -> Thread.ofPlatform().start(task));
    }
    CompletableFuture.allOf(ranks).join();
  }

  private void reduce(int rank) {
    try (var communicator = join(3, rank)) {
      var buckets = new GradientBuckets(communicator, ELEMENTS, 1 << 10);
      for (int p = 0; p < ELEMENTS.length; p++) {
        for (long i = 0; i < ELEMENTS[p]; i++) {
          buckets.gradient(p).setAtIndex(JAVA_FLOAT, i, (rank + 1) * (p + i));
        }
      }
      assertThat(buckets.reduceAll(rank + 0.5f)).isEqualTo(4.5f);
      for (int p = 0; p < ELEMENTS.length; p++) {
        for (long i = 0; i < ELEMENTS[p]; i++) {
          assertThat(buckets.gradient(p).getAtIndex(JAVA_FLOAT, i)).isEqualTo(6f * (p + i));
        }
      }
    }
  }

  /**
   * Backward of rank r completes parameters in an order of its own; the last rank tells of none.
   */
  @Test
  void givenGradientsThatBecomeComplete_whenReduced_thenTheSumsAreThoseOfAllAtOnce() {
    var ranks = new CompletableFuture<?>[3];
    for (int rank = 0; rank < 3; rank++) {
      int r = rank;
      ranks[rank] =
          CompletableFuture.runAsync(() -> overlapped(r), task -> Thread.ofPlatform().start(task));
    }
    CompletableFuture.allOf(ranks).join();
  }

  private void overlapped(int rank) {
    var order = List.of(List.of(0, 1, 2, 3, 4, 5), List.of(4, 2, 0, 5, 1, 3), List.of(0));
    try (var communicator = join(3, rank)) {
      var buckets = new GradientBuckets(communicator, ELEMENTS, 256);
      for (int step = 1; step <= 20; step++) {
        buckets.zero();
        for (int p = 0; p < ELEMENTS.length; p++) {
          fill(buckets.gradient(p), (rank + 1) * step * (p + 1));
        }
        order.get(rank).forEach(buckets::complete);
        assertThat(buckets.reduceAll(rank)).isEqualTo(3);
        for (int p = 0; p < ELEMENTS.length; p++) {
          assertThat(buckets.gradient(p).toArray(JAVA_FLOAT)).containsOnly(6f * step * (p + 1));
        }
      }
    }
  }

  private static void fill(MemorySegment gradient, float value) {
    for (long i = 0; i < gradient.byteSize() / 4; i++) {
      gradient.setAtIndex(JAVA_FLOAT, i, value);
    }
  }

  @Test
  void givenAParameterThatIsCompleteTwice_whenTold_thenAnErrorNamesIt() {
    try (var communicator = join(1, 0)) {
      var buckets = new GradientBuckets(communicator, ELEMENTS, 256);
      buckets.zero();
      buckets.complete(3);
      assertThatThrownBy(() -> buckets.complete(3))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("parameter=3 bucket=1");
    }
  }

  private Communicator join(int world, int rank) {
    return groups.join(new Groups.Spec(Path.of("memory"), "dp", 1, world, 0, 1 << 16), rank);
  }
}
