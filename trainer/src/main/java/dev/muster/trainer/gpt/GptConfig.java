package dev.muster.trainer.gpt;

import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.Layout.Initial;
import dev.muster.trainer.settings.InvalidSettingException;
import dev.muster.trainer.settings.Settings;

/**
 * Sizes of the GPT, and the defaults of everything it reads from the settings. The defaults are
 * chosen so that four workers on two cores pass the bigram entropy of the shipped text well within
 * the default run.
 *
 * @param layers transformer blocks
 * @param heads attention heads; must divide the width
 * @param width of the residual stream
 * @param context bytes a window holds, and the farthest the model looks back
 * @param device {@code auto} takes CUDA when the native library finds it, else the CPU
 */
public record GptConfig(int layers, int heads, int width, int context, String device) {
  public static final int BATCH = 32;
  public static final double LEARNING_RATE = 3e-3;
  public static final int WARMUP_STEPS = 50;
  public static final int DECAY_STEPS = 1000;
  static final int BYTES = 256;
  private static final double DEVIATION = 0.02;

  public static GptConfig from(Settings settings) {
    GptConfig config =
        new GptConfig(
            settings.integer("layers", 4, 1, 1000),
            settings.integer("heads", 4, 1, 1000),
            settings.integer("width", 128, 1, 1 << 16),
            settings.integer("context", 64, 1, 1 << 16),
            settings.oneOf("device", "auto", "auto", "cpu", "cuda"));
    if (config.width % config.heads != 0) {
      throw new InvalidSettingException(
          "setting of the trainer is not usable: key=width accepted=a multiple of heads="
              + config.heads
              + " value="
              + config.width);
    }
    return config;
  }

  /**
   * Names and shapes as in GPT-2 (weights are {@code [out, in]}); the output layer shares the
   * embedding.
   */
  public Layout layout() {
    Layout.Builder layout =
        Layout.builder()
            .matrix("embedding.weight", DEVIATION, BYTES, width)
            .matrix("position.weight", DEVIATION, context, width);
    for (int i = 0; i < layers; i++) {
      block(layout, "blocks." + i + ".");
    }
    return norm(layout, "norm.").build();
  }

  private void block(Layout.Builder layout, String prefix) {
    // Branches that end in the residual stream start smaller, so that its variance does not grow
    // with depth (Radford et al. 2019, section 2.3).
    double residual = DEVIATION / Math.sqrt(2.0 * layers);
    norm(layout, prefix + "norm1.");
    linear(layout, prefix + "attention.", DEVIATION, 3 * width, width);
    linear(layout, prefix + "projection.", residual, width, width);
    norm(layout, prefix + "norm2.");
    linear(layout, prefix + "expand.", DEVIATION, 4 * width, width);
    linear(layout, prefix + "contract.", residual, width, 4 * width);
  }

  private Layout.Builder norm(Layout.Builder layout, String prefix) {
    return layout
        .vector(prefix + "weight", Initial.ONE, width)
        .vector(prefix + "bias", Initial.ZERO, width);
  }

  private static void linear(
      Layout.Builder layout, String prefix, double deviation, int out, int in) {
    layout.matrix(prefix + "weight", deviation, out, in).vector(prefix + "bias", Initial.ZERO, out);
  }

  public String describe() {
    return "byte GPT on PyTorch, "
        + layout().parameters()
        + " parameters ("
        + layers
        + " layers, "
        + heads
        + " heads, width "
        + width
        + ", context "
        + context
        + ")";
  }
}
