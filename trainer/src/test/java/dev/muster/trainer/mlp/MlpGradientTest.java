package dev.muster.trainer.mlp;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.trainer.Completed;
import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.text.Windows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MlpGradientTest {
  private static final float STEP = 1e-2f;
  private static final Windows TEXT =
      new Windows("abcabdbacbadcab".getBytes(StandardCharsets.US_ASCII), 4);
  private static final long[] SAMPLES = {0, 2};

  @Test
  void givenEveryKindOfParameter_whenMovedALittle_thenTheLossMovesAsTheGradientSays() {
    MlpConfig config = new MlpConfig(4, 3, 3, 5);
    try (Arena arena = Arena.ofConfined()) {
      ModelState state = ModelState.initial(config.layout(), 3, arena);
      MlpModel model = new MlpModel(config, state);
      MemorySegment gradients = arena.allocate(4L * config.layout().floats(), 64);
      List<MemorySegment> bySlot =
          config.layout().slots().stream().map(slot -> ModelState.slice(gradients, slot)).toList();
      var completed = new Completed(bySlot);
      double mean = model.gradients(completed.gradients(), TEXT, SAMPLES, 1.0 / SAMPLES.length);
      completed.assertEachWasComplete();
      assertThat(mean)
          .isCloseTo(model.loss(TEXT, SAMPLES), org.assertj.core.api.Assertions.within(1e-9));
      for (Layout.Slot slot : config.layout().slots()) {
        assertThat(relativeError(model, state, gradients, slot)).as(slot.name()).isLessThan(5e-3);
      }
    }
  }

  /**
   * |numeric - analytic| / |analytic| over all elements of a parameter: single elements may be too
   * close to zero for float32.
   */
  private static double relativeError(
      MlpModel model, ModelState state, MemorySegment gradients, Layout.Slot slot) {
    double difference = 0;
    double size = 0;
    for (int i = slot.offset(); i < slot.offset() + slot.count(); i++) {
      double analytic = gradients.getAtIndex(JAVA_FLOAT, i);
      double numeric = slope(model, state, i);
      difference += (numeric - analytic) * (numeric - analytic);
      size += analytic * analytic;
    }
    assertThat(size).as(slot.name()).isGreaterThan(1e-6);
    return Math.sqrt(difference / size);
  }

  private static double slope(MlpModel model, ModelState state, int index) {
    float value = state.parameters().getAtIndex(JAVA_FLOAT, index);
    state.parameters().setAtIndex(JAVA_FLOAT, index, value + STEP);
    double above = model.loss(TEXT, SAMPLES);
    state.parameters().setAtIndex(JAVA_FLOAT, index, value - STEP);
    double below = model.loss(TEXT, SAMPLES);
    state.parameters().setAtIndex(JAVA_FLOAT, index, value);
    return (above - below) / ((double) (value + STEP) - (value - STEP));
  }
}
