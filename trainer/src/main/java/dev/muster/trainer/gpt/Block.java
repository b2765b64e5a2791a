package dev.muster.trainer.gpt;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * One pre-norm transformer block over {@code x float32[batch, time, width]}: causal self-attention,
 * then a GELU layer, each added to the residual stream.
 */
final class Block {
  private static final double EPSILON = 1e-5;

  private final TorchParameters parameters;
  private final GptConfig config;
  private final String prefix;

  Block(TorchParameters parameters, GptConfig config, int index) {
    this.parameters = parameters;
    this.config = config;
    this.prefix = prefix(index);
  }

  /** What the names of a block's parameters begin with. */
  static String prefix(int index) {
    return "blocks." + index + ".";
  }

  Tensor forward(Tensor x, long batch) {
    Tensor attended = x.add(attention(norm(parameters, config, x, prefix + "norm1."), batch));
    return attended.add(feedForward(norm(parameters, config, attended, prefix + "norm2.")));
  }

  static Tensor norm(TorchParameters parameters, GptConfig config, Tensor x, String name) {
    return torch.layer_norm(
        x,
        new long[] {config.width()},
        parameters.optional(name + "weight"),
        parameters.optional(name + "bias"),
        EPSILON,
        false);
  }

  private Tensor attention(Tensor x, long batch) {
    long width = config.width();
    Tensor all = linear(x, "attention.");
    Tensor queries = heads(all.narrow(2, 0, width), batch);
    Tensor keys = heads(all.narrow(2, width, width), batch);
    Tensor values = heads(all.narrow(2, 2 * width, width), batch);
    Tensor mixed =
        torch.scaled_dot_product_attention(
            queries, keys, values, new TensorOptional(), 0.0, true, new DoubleOptional(), false);
    return linear(mixed.transpose(1, 2).reshape(batch, config.context(), width), "projection.");
  }

  /** {@code [batch, time, width]} to {@code [batch, heads, time, width / heads]}. */
  private Tensor heads(Tensor x, long batch) {
    return x.view(batch, config.context(), config.heads(), config.width() / config.heads())
        .transpose(1, 2);
  }

  private Tensor feedForward(Tensor x) {
    return linear(torch.gelu(linear(x, "expand.")), "contract.");
  }

  private Tensor linear(Tensor x, String name) {
    return torch.linear(
        x, parameters.get(prefix + name + "weight"), parameters.optional(prefix + name + "bias"));
  }
}
