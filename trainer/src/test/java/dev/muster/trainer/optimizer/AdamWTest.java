package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdamWTest {
  private static final LearningRate RATE = new LearningRate(0.1, 0, Long.MAX_VALUE);
  private static final AdamW.Config CONFIG = new AdamW.Config(RATE, 0.9, 0.99, 1e-8, 0.5, 1e6);

  @Test
  void givenTheFirstStep_whenApplied_thenEachParameterMovesByTheRateAgainstItsGradient() {
    Layout layout = Layout.builder().vector("bias", Layout.Initial.ONE, 3).build();
    try (Arena arena = Arena.ofConfined()) {
      ModelState state = ModelState.initial(layout, 1, arena);
      Moments moments = Moments.zero(Shard.of(layout, 0, 1), arena);
      new AdamW(CONFIG).apply(state, moments, gradients(arena, layout, 2f, -3f, 0f), 0, 1);
      assertThat(values(state.parameters(), 3))
          .containsExactly(new float[] {0.9f, 1.1f, 1f}, within(1e-6f));
      assertThat(values(moments.first().getFirst(), 3))
          .containsExactly(new float[] {0.2f, -0.3f, 0f}, within(1e-6f));
      assertThat(values(moments.second().getFirst(), 3))
          .containsExactly(new float[] {0.04f, 0.09f, 0f}, within(1e-6f));
    }
  }

  @Test
  void givenNoGradient_whenApplied_thenOnlyMatricesDecay() {
    Layout layout =
        new Layout.Builder()
            .vector("bias", Layout.Initial.ONE, 1)
            .matrix("weight", 1, 1, 1)
            .build();
    try (Arena arena = Arena.ofConfined()) {
      ModelState state = ModelState.initial(layout, 1, arena);
      float weight = state.parameters().getAtIndex(JAVA_FLOAT, 16);
      Moments moments = Moments.zero(Shard.of(layout, 0, 1), arena);
      new AdamW(CONFIG).apply(state, moments, gradients(arena, layout), 0, 1);
      assertThat(state.parameters().getAtIndex(JAVA_FLOAT, 0)).isEqualTo(1f);
      assertThat(state.parameters().getAtIndex(JAVA_FLOAT, 16)).isEqualTo(weight * 0.95f);
    }
  }

  @Test
  void givenALargeGradient_whenClipped_thenItCountsAsOneOfTheAllowedNorm() {
    Layout layout = Layout.builder().vector("bias", Layout.Initial.ZERO, 2).build();
    AdamW.Config clipped = new AdamW.Config(RATE, 0.9, 0.99, 1e-8, 0, 1.0);
    try (Arena arena = Arena.ofConfined()) {
      ModelState state = ModelState.initial(layout, 1, arena);
      Moments moments = Moments.zero(Shard.of(layout, 0, 1), arena);
      new AdamW(clipped).apply(state, moments, gradients(arena, layout, 30f, 40f), 50, 1);
      assertThat(values(moments.first().getFirst(), 2))
          .containsExactly(new float[] {0.06f, 0.08f}, within(1e-6f));
    }
  }

  @Test
  void givenAnotherTarget_whenUpdated_thenOnlyItsRowsOfTheShardsAreWritten() {
    Layout layout = Layout.builder().matrix("weight", 1, 6000, 2).build();
    try (Arena arena = Arena.ofConfined()) {
      ModelState state = ModelState.initial(layout, 1, arena);
      float[] before = values(state.parameters(), 12_000);
      List<MemorySegment> gradients = gradients(arena, layout, before);
      Moments whole = Moments.zero(Shard.of(layout, 0, 1), arena);
      Moments part = Moments.zero(Shard.of(layout, 1, 3), arena);
      Moments staged = Moments.zero(part.shards(), arena);
      MemorySegment target = arena.allocate(4L * layout.floats(), 64);
      new AdamW(CONFIG)
          .update(state, part, gradients, 7, 1, new AdamW.Target(List.of(target), staged));
      assertThat(values(state.parameters(), 12_000)).containsExactly(before);
      assertThat(values(part.first().getFirst(), 4000)).containsOnly(0);
      new AdamW(CONFIG).apply(state, whole, gradients, 7, 1);
      float[] expected = new float[12_000];
      System.arraycopy(values(state.parameters(), 12_000), 4000, expected, 4000, 4000);
      assertThat(values(target, 12_000)).containsExactly(expected);
      assertThat(values(staged.second().getFirst(), 4000))
          .containsExactly(
              Arrays.copyOfRange(values(whole.second().getFirst(), 12_000), 4000, 8000));
    }
  }

  @Test
  void givenASchedule_whenAsked_thenItWarmsUpDecaysAndStays() {
    LearningRate rate = new LearningRate(1.0, 10, 110);
    assertThat(rate.at(1)).isEqualTo(0.1);
    assertThat(rate.at(10)).isEqualTo(1.0);
    assertThat(rate.at(60)).isCloseTo(0.55, within(1e-12));
    assertThat(rate.at(110)).isEqualTo(0.1);
    assertThat(rate.at(1_000_000)).isEqualTo(0.1);
  }

  @Test
  void givenASeed_whenInitialised_thenTheValuesAreItsFunctionAndSpreadAsAsked() {
    Layout layout = Layout.builder().matrix("weight", 0.02, 100, 100).build();
    try (Arena arena = Arena.ofConfined()) {
      float[] first = values(ModelState.initial(layout, 5, arena).parameters(), 10_000);
      assertThat(values(ModelState.initial(layout, 5, arena).parameters(), 10_000))
          .containsExactly(first);
      assertThat(values(ModelState.initial(layout, 6, arena).parameters(), 10_000))
          .isNotEqualTo(first);
      double sum = 0;
      double squares = 0;
      for (float value : first) {
        sum += value;
        squares += value * value;
      }
      assertThat(sum / 10_000).isCloseTo(0, within(1e-3));
      assertThat(Math.sqrt(squares / 10_000)).isCloseTo(0.02, within(1e-3));
    }
  }

  private static List<MemorySegment> gradients(Arena arena, Layout layout, float... values) {
    MemorySegment flat = arena.allocate(4L * layout.floats(), 64);
    MemorySegment.copy(values, 0, flat, JAVA_FLOAT, 0, values.length);
    return layout.slots().stream().map(slot -> ModelState.slice(flat, slot)).toList();
  }

  private static float[] values(MemorySegment memory, int count) {
    return memory.asSlice(0, 4L * count).toArray(JAVA_FLOAT);
  }
}
