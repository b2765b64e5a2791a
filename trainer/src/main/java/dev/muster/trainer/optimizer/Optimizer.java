package dev.muster.trainer.optimizer;

import dev.muster.collectives.Communicator;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * AdamW with its moments and the gradients, and how these are spread over the ranks. A step has the
 * two halves of {@link dev.muster.worker.Trainer}. Step thread only.
 */
public interface Optimizer extends AutoCloseable {
  /** The moments that this rank holds. */
  List<NamedTensor> moments();

  /** See {@link dev.muster.worker.Trainer#place}. */
  default void place(int rank, int worldSize) {}

  /** A new group: makes the gradients in its shared memory. */
  void joined(Communicator communicator);

  /**
   * For a new step: zeros, one {@code float32} segment per slot of the layout, the same memory as
   * long as the group.
   */
  List<MemorySegment> cleared();

  /**
   * Nothing more is added to the gradient of this slot in this step: it may be summed from now on,
   * while others are computed. Told at most once per slot, the last slots first; those of which it
   * is not told are summed in {@link #reduce}.
   */
  default void complete(int slot) {}

  /**
   * Sums gradients and loss over all ranks, the gradients at least as far as this rank needs them;
   * returns the summed loss.
   */
  float reduce(float lossPart);

  /**
   * What else has to be done together with the other ranks. Changes neither parameters nor moments;
   * gradients may hold anything afterwards.
   *
   * @param step 1-based
   */
  void prepare(long step);

  /** Changes parameters and moments; uses no collective. */
  void apply(long step);

  @Override
  void close();
}
