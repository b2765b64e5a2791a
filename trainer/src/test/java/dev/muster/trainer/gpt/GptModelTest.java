package dev.muster.trainer.gpt;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trainer.Completed;
import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.text.Windows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;

class GptModelTest {
  private static final int CONTEXT = 6;
  private static final GptConfig CONFIG = new GptConfig(2, 2, 8, CONTEXT, "cpu");
  private static final int SEED = 11;

  private static Windows text(String text) {
    return new Windows(text.getBytes(StandardCharsets.US_ASCII), CONTEXT);
  }

  @Test
  void givenAnotherLaterByte_whenScored_thenEarlierPositionsHaveTheSameBits() {
    try (Arena arena = Arena.ofConfined();
        GptModel model = new GptModel(CONFIG, ModelState.initial(CONFIG.layout(), SEED, arena))) {
      float[] scores = model.scores(text("abcdefg"), new long[] {0});
      float[] changed = model.scores(text("abcdzfg"), new long[] {0}); // position 4
      int before = 4 * GptConfig.BYTES;
      assertThat(Arrays.copyOf(changed, before)).containsExactly(Arrays.copyOf(scores, before));
      for (int position = 4; position < CONTEXT; position++) {
        int from = position * GptConfig.BYTES;
        assertThat(Arrays.copyOfRange(changed, from, from + GptConfig.BYTES))
            .isNotEqualTo(Arrays.copyOfRange(scores, from, from + GptConfig.BYTES));
      }
    }
  }

  @Test
  void givenEveryParameter_whenMovedAlongItsGradient_thenTheLossMovesAsTheGradientSays() {
    Windows windows = text("the quick brown fox jumps");
    long[] samples = {0, 1, 3};
    try (Arena arena = Arena.ofConfined()) {
      ModelState state = ModelState.initial(CONFIG.layout(), SEED, arena);
      try (GptModel model = new GptModel(CONFIG, state)) {
        MemorySegment flat = arena.allocate(4L * CONFIG.layout().floats(), 64);
        List<MemorySegment> gradients =
            CONFIG.layout().slots().stream().map(slot -> ModelState.slice(flat, slot)).toList();
        var completed = new Completed(gradients);
        double mean =
            model.gradients(completed.gradients(), windows, samples, 1.0 / samples.length);
        completed.assertEachWasComplete();
        assertThat(completed.order()).endsWith(0, 1);
        assertThat(completed.untouchedAtFirst()).isGreaterThan(gradients.size() / 3);
        assertThat(mean).isCloseTo(model.loss(windows, samples), within(1e-5));
        for (int s = 0; s < gradients.size(); s++) {
          check(model, state, gradients.get(s), CONFIG.layout().slots().get(s), windows, samples);
        }
      }
    }
  }

  /** Directional derivative along the gradient itself equals its squared length. */
  private static void check(
      GptModel model,
      ModelState state,
      MemorySegment gradient,
      Layout.Slot slot,
      Windows windows,
      long[] samples) {
    float[] g = gradient.toArray(JAVA_FLOAT);
    MemorySegment memory = ModelState.slice(state.parameters(), slot);
    float[] w = memory.toArray(JAVA_FLOAT);
    double squares = 0;
    for (float value : g) {
      squares += (double) value * value;
    }
    assertThat(squares).as(slot.name()).isGreaterThan(0);
    // Steps of 0.004: activations start at 0.02, so longer ones leave the straight part. Float32
    // then leaves an error of some 1e-4 of the gradient's length.
    double length = 0.004 / Math.sqrt(squares);
    double slope =
        (moved(model, memory, w, g, length, windows, samples)
                - moved(model, memory, w, g, -length, windows, samples))
            / (2 * length);
    MemorySegment.copy(w, 0, memory, JAVA_FLOAT, 0, w.length);
    assertThat(slope)
        .as(slot.name())
        .isCloseTo(squares, within(0.03 * squares + 2e-4 * Math.sqrt(squares)));
  }

  private static double moved(
      GptModel model,
      MemorySegment memory,
      float[] w,
      float[] g,
      double by,
      Windows windows,
      long[] samples) {
    for (int i = 0; i < w.length; i++) {
      memory.setAtIndex(JAVA_FLOAT, i, (float) (w[i] + by * g[i]));
    }
    return model.loss(windows, samples);
  }

  @Test
  @DisabledIf("cudaIsThere")
  void givenNoGpu_whenCudaIsDemanded_thenItSaysSo() {
    GptConfig demanding = new GptConfig(1, 1, 8, CONTEXT, "cuda");
    try (Arena arena = Arena.ofConfined()) {
      ModelState state = ModelState.initial(demanding.layout(), SEED, arena);
      assertThatThrownBy(() -> new GptModel(demanding, state)).hasMessageContaining("device=cuda");
    }
  }

  static boolean cudaIsThere() {
    return torch.cuda_is_available();
  }
}
