package dev.muster.trainer.gpt;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.trainer.Gradients;
import dev.muster.trainer.Model;
import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.text.Windows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A byte-level GPT in the shape of GPT-2 (Radford et al. 2019), made of PyTorch operations. One
 * thread.
 *
 * <p>Every pass runs in a {@link PointerScope}: without it the native tensors wait for the garbage
 * collector, which sees only their tiny Java side, and a process grows by tens of megabytes a step.
 *
 * <p>CUDA is taken when the native library on the class path supports it and finds a device; that
 * path has not been run.
 */
public final class GptModel implements Model {
  private static final int LOSS_IS_SUM = 2;
  private static final int NO_IGNORED_TARGET = -100;
  private static final int EVALUATION_SAMPLES = 64;

  private final GptConfig config;
  private final ModelState state;
  private final boolean cuda;
  private final TorchParameters parameters;
  private final Block[] blocks;
  private final BackwardProgress progress;
  private final Arena arena = Arena.ofShared();
  private final Batch batch;

  public GptModel(GptConfig config, ModelState state) {
    this.config = config;
    this.state = state;
    this.cuda = cuda(config.device());
    this.parameters = new TorchParameters(state, cuda);
    this.blocks =
        IntStream.range(0, config.layers())
            .mapToObj(i -> new Block(parameters, config, i))
            .toArray(Block[]::new);
    this.progress = new BackwardProgress(state.layout(), config.layers());
    this.batch = new Batch(arena, config.context());
    warmUp();
  }

  private static boolean cuda(String device) {
    if (device.equals("cpu")) {
      return false;
    }
    boolean available = torch.cuda_is_available();
    if (device.equals("cuda") && !available) {
      throw new IllegalStateException(
          "no CUDA device: device=cuda; the native library on the class path finds none, use"
              + " device=auto or device=cpu");
    }
    return available;
  }

  /**
   * One tiny pass, so that the first step of a spare that takes over does not pay for the
   * libraries' lazy set-up. Leaves no trace.
   */
  private void warmUp() {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment flat = scratch.allocate((long) state.layout().floats() * Float.BYTES, 64);
      List<MemorySegment> ignored =
          state.layout().slots().stream().map(slot -> ModelState.slice(flat, slot)).toList();
      gradients(
          Gradients.of(ignored),
          new Windows(new byte[config.context() + 1], config.context()),
          new long[] {0},
          1);
    }
  }

  @Override
  public String describe() {
    return config.describe() + (cuda ? " on CUDA" : " on the CPU");
  }

  @Override
  public Layout layout() {
    return state.layout();
  }

  @Override
  public double gradients(Gradients gradients, Windows windows, long[] samples, double scale) {
    try (PointerScope scope = new PointerScope()) {
      parameters.refresh();
      parameters.bind(gradients.bySlot());
      batch.load(windows, samples);
      progress.begin(gradients.complete());
      Tensor loss = summedLoss().mul(new Scalar((float) (scale / config.context())));
      loss.backward();
      parameters.collect(gradients.bySlot());
      progress.end();
      return loss.item_float();
    }
  }

  @Override
  public double loss(Windows windows, long[] samples) {
    double nats = 0;
    for (int from = 0; from < samples.length; from += EVALUATION_SAMPLES) {
      try (PointerScope scope = new PointerScope();
          NoGradGuard guard = new NoGradGuard()) {
        parameters.refresh();
        batch.load(
            windows,
            Arrays.copyOfRange(samples, from, Math.min(samples.length, from + EVALUATION_SAMPLES)));
        nats += summedLoss().item_float();
      }
    }
    return nats / ((double) samples.length * config.context());
  }

  /**
   * Scores of every next byte, {@code float32[samples × context, 256]}; what a test of causality
   * compares.
   */
  float[] scores(Windows windows, long[] samples) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      parameters.refresh();
      batch.load(windows, samples);
      Tensor scores = scores().cpu().contiguous();
      return MemorySegment.ofAddress(scores.data_ptr().address())
          .reinterpret(scores.numel() * Float.BYTES)
          .toArray(JAVA_FLOAT);
    }
  }

  /** Nats summed over all bytes of the batch. */
  private Tensor summedLoss() {
    Tensor targets = cuda ? batch.targets().cuda() : batch.targets();
    return torch.cross_entropy_loss(
        scores(), targets, new TensorOptional(), LOSS_IS_SUM, NO_IGNORED_TARGET, 0.0);
  }

  /** {@code float32[samples × context, 256]}. */
  private Tensor scores() {
    Tensor inputs = cuda ? batch.inputs().cuda() : batch.inputs();
    Tensor x =
        torch
            .embedding(parameters.get("embedding.weight"), inputs)
            .add(parameters.get("position.weight"));
    for (Block block : blocks) {
      if (!cuda && x.requires_grad()) {
        progress.watch(x);
      }
      x = block.forward(x, batch.samples());
    }
    Tensor normed = Block.norm(parameters, config, x, "norm.");
    return torch.linear(normed, parameters.get("embedding.weight")).view(-1, GptConfig.BYTES);
  }

  @Override
  public void close() {
    parameters.close();
    progress.close();
    arena.close();
  }
}
