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
   * All of the state that this rank holds: restoring these tensors on every rank restores the
   * training. The same list, order and memory between two calls of {@link #place}. A tensor that is
   * not sharded is on every rank, with the same name, type and shape, and keeps its memory for the
   * trainer's life; of a sharded one each rank lists its box, or nothing when that is empty.
   */
  List<NamedTensor> state();

  /**
   * This worker's place in the group it is about to enter; before {@link #state} is restored and
   * before {@link #joined}. A trainer whose boxes depend on the place lays them out anew, with
   * their initial values (zeros for moments): right for a start at step 0, and otherwise restored
   * next. Where the boxes are those of the last call, so are the contents. Tensors that are not
   * sharded stay as they are. Also called for a rehearsal's groups, see {@link #compute}.
   *
   * <p>Nothing to do for a trainer without sharded tensors. One that was never placed is rank 0 of
   * 1.
   */
  default void place(int rank, int worldSize) {}

  /** Samples in the training set and per step, both for the whole group. */
  Dataset dataset();

  /**
   * Data beside {@link #dataset} that ranks, or processes outside of the group, take by name in
   * ranges: {@link Step#ranges}. The same list on every rank and for the trainer's life. What is
   * done of them is saved and restored with {@link #state}.
   */
  default List<NamedDataset> datasets() {
    return List.of();
  }

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
