package dev.muster.trainer;

import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.text.Windows;

/**
 * A byte-level language model: from parameters and windows to a loss and gradients. It keeps no
 * state of its own beside scratch memory, so the same arguments give the same bits. One thread.
 */
public interface Model extends AutoCloseable {
  /** The sizes, in words, for headers. */
  String describe();

  /** The parameters this model was built over. */
  Layout layout();

  /**
   * Forward and backward.
   *
   * @param gradients of the returned value; they are added to what is there
   * @param samples indices into {@code windows}, at least one
   * @param scale factor of each window's mean loss
   * @return sum over the samples of scale × mean nats per byte
   */
  double gradients(Gradients gradients, Windows windows, long[] samples, double scale);

  /** Forward only: mean nats per byte over the samples. */
  double loss(Windows windows, long[] samples);

  @Override
  void close();
}
