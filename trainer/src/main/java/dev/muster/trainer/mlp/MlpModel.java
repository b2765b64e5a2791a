package dev.muster.trainer.mlp;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.trainer.Gradients;
import dev.muster.trainer.Model;
import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.text.Windows;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The neural probabilistic language model of Bengio et al. (2003) over bytes: embeddings of the
 * last bytes, one tanh layer, softmax. Written out by hand in plain Java, because fast tests and
 * recovery benchmarks want a real model that starts without native libraries.
 *
 * <p>The state lives in native memory; each call works on heap copies of it (see {@link
 * dev.muster.trainer.optimizer.AdamW} for why).
 */
public final class MlpModel implements Model {
  private final MlpConfig config;
  private final ModelState state;
  private final MlpPass pass;
  private final float[] parameters;
  private final float[] sums;

  public MlpModel(MlpConfig config, ModelState state) {
    this.config = config;
    this.state = state;
    this.parameters = new float[state.layout().floats()];
    this.sums = new float[state.layout().floats()];
    this.pass = new MlpPass(config, state.layout(), parameters, sums);
  }

  @Override
  public String describe() {
    return config.describe();
  }

  @Override
  public Layout layout() {
    return state.layout();
  }

  @Override
  public double gradients(Gradients gradients, Windows windows, long[] samples, double scale) {
    load();
    Arrays.fill(sums, 0);
    float perByte = (float) (scale / windows.context());
    double nats = 0;
    for (long sample : samples) {
      for (int position = 0; position < windows.context(); position++) {
        nats += pass.forward(windows, sample, position);
        pass.backward(perByte);
      }
    }
    for (int s = gradients.bySlot().size() - 1; s >= 0; s--) {
      add(layout().slots().get(s), gradients.bySlot().get(s));
      gradients.complete().accept(s);
    }
    return nats * scale / windows.context();
  }

  private void add(Layout.Slot slot, MemorySegment gradient) {
    for (int i = 0; i < slot.count(); i++) {
      gradient.setAtIndex(
          JAVA_FLOAT, i, gradient.getAtIndex(JAVA_FLOAT, i) + sums[slot.offset() + i]);
    }
  }

  @Override
  public double loss(Windows windows, long[] samples) {
    load();
    double nats = 0;
    for (long sample : samples) {
      for (int position = 0; position < windows.context(); position++) {
        nats += pass.forward(windows, sample, position);
      }
    }
    return nats / ((double) samples.length * windows.context());
  }

  private void load() {
    MemorySegment.copy(state.parameters(), JAVA_FLOAT, 0, parameters, 0, parameters.length);
  }

  @Override
  public void close() {}
}
