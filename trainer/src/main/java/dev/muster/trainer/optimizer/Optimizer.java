package dev.muster.trainer.optimizer;

import dev.muster.collectives.Communicator;
import dev.muster.worker.GradientBuckets;
import dev.muster.worker.NamedTensor;
import java.util.List;

/**
 * AdamW with its moments, and how these are spread over the ranks. A step has the two halves of
 * {@link dev.muster.worker.Trainer}. Step thread only.
 */
public interface Optimizer extends AutoCloseable {
  /** The moments that this rank holds. */
  List<NamedTensor> moments();

  /** See {@link dev.muster.worker.Trainer#place}. */
  default void place(int rank, int worldSize) {}

  /** A new group and its gradients, one per slot of the layout. */
  void joined(Communicator communicator, GradientBuckets gradients);

  /**
   * After the gradients are reduced: what has to be done together with the other ranks. Changes
   * neither parameters nor moments; gradients may hold anything afterwards.
   *
   * @param step 1-based
   */
  default void prepare(long step) {}

  /** Changes parameters and moments; uses no collective. */
  void apply(long step);

  @Override
  void close();
}
