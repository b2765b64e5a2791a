package dev.muster.worker;

import dev.muster.collectives.Communicator;
import java.util.List;

/**
 * What a user implements to train under Muster. All methods are called by one thread, the step
 * thread.
 *
 * <p>A step has two halves. {@link #compute} may use collectives and must leave {@link #state}
 * untouched; it may be cut short by a {@code GroupRevokedException}, which it must let through.
 * {@link #apply} changes the state, uses no collective, and runs only after all ranks agreed that
 * the step is committed. So the state is always that of a committed step, and a redone step starts
 * from the same bits.
 */
public interface Trainer extends AutoCloseable {
  /**
   * The complete state: restoring these tensors restores the trainer. Same names, types and shapes
   * on every rank, same order, same memory for the trainer's life.
   */
  List<NamedTensor> state();

  /** Samples in the training set and per step, both for the whole group. */
  Dataset dataset();

  /**
   * A new group: build what belongs to it (gradient buffers from {@code communicator.allocate}).
   * The former one is already closed.
   */
  void joined(Communicator communicator);

  /**
   * First half: gradients of this rank's samples, reduced over the group.
   *
   * <p>Before a worker's first group, both halves are also called on step number 0, to warm up, in
   * groups that this process makes for itself; the state is put back afterwards.
   *
   * @return global training loss of the step, the same on every rank
   */
  double compute(Step step);

  /** Second half: apply the update of the same step. */
  void apply(Step step);

  /**
   * After the last step, on rank 0 alone: final held-out loss (NaN if there is none) and lines for
   * the summary. May use no collective.
   */
  default Evaluation evaluate() {
    return new Evaluation(Double.NaN, List.of());
  }

  @Override
  default void close() {}

  /**
   * @param samples in one epoch
   * @param globalBatch samples per step, whatever the world size
   * @param unitsPerSample what throughput counts, for example tokens per sample
   */
  record Dataset(long samples, int globalBatch, long unitsPerSample, String unit) {}

  record Evaluation(double loss, List<String> report) {}
}
