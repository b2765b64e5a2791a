package dev.muster.trainer.mlp;

import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.settings.Settings;

/**
 * Sizes of the small model, and the defaults of everything it reads from the settings.
 *
 * @param context bytes predicted per window
 * @param order bytes the model looks back
 * @param embedding width of a byte's embedding
 * @param hidden units of the hidden layer
 */
public record MlpConfig(int context, int order, int embedding, int hidden) {
  public static final int BATCH = 32;
  public static final double LEARNING_RATE = 3e-3;
  public static final int WARMUP_STEPS = 20;
  public static final int DECAY_STEPS = 1000;
  static final int BYTES = 256;

  public static MlpConfig from(Settings settings) {
    return new MlpConfig(
        settings.integer("context", 16, 1, 4096),
        settings.integer("order", 6, 1, 64),
        settings.integer("embedding", 16, 1, 1024),
        settings.integer("hidden", 128, 1, 8192));
  }

  int inputs() {
    return order * embedding;
  }

  public Layout layout() {
    return Layout.builder()
        .matrix("embedding.weight", 1.0, BYTES, embedding)
        .matrix("hidden.weight", 1 / Math.sqrt(inputs()), inputs(), hidden)
        .vector("hidden.bias", Layout.Initial.ZERO, hidden)
        .matrix("output.weight", 1 / Math.sqrt(hidden), hidden, BYTES)
        .vector("output.bias", Layout.Initial.ZERO, BYTES)
        .build();
  }

  public String describe() {
    return "byte MLP in plain Java, "
        + layout().parameters()
        + " parameters (order "
        + order
        + ", hidden "
        + hidden
        + ", context "
        + context
        + ")";
  }
}
