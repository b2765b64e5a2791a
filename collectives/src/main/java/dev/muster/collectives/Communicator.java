package dev.muster.collectives;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Live handle of one rank to one group; serves exactly one generation and dies with it.
 *
 * <p>Every rank of the group calls the same collectives with the same sizes and types in the same
 * order. The reduction order is the rank order, so results have the same bits on every rank and on
 * every run with the same world size. Calls that differ throw {@link CollectiveMismatchException}
 * on every rank, and revoke the group.
 *
 * <p>On the CPU a collective with {@link Stream#NONE} runs inside its call: what it throws comes
 * from the call, and the returned {@link Work} is complete. With {@link Stream#OWN} it runs beside
 * the caller, and {@link Work#await} throws. Calls keep the order in which they were made. One that
 * returns normally has correct data, also if the group is revoked meanwhile.
 *
 * <p>Called by one thread at a time (the step thread); only {@link #abort} may be called from any
 * thread. Every waiting call throws {@link GroupRevokedException} within microseconds to a
 * millisecond of a revoke, from here or from outside.
 */
public interface Communicator extends AutoCloseable {
  /** Name of the group within the layout, for example {@code dp}. */
  String group();

  long generation();

  int rank();

  int worldSize();

  /**
   * Memory in the shared region, zeroed, 64-byte aligned, valid until {@link #close}; collectives
   * on it move no extra copy.
   *
   * @throws IllegalStateException the region is full; the message says size, used and how to
   *     enlarge it
   */
  MemorySegment allocate(long bytes);

  /**
   * Starts an operation.
   *
   * @throws IllegalArgumentException the buffers do not fit; nobody is disturbed
   */
  Work run(Operation operation, Stream stream);

  /**
   * Uniform agreement that {@code step} is committed (ULFM: agree): every survivor returns normally
   * or every survivor throws, also when ranks die meanwhile. Steps must grow within a communicator.
   *
   * @throws GroupRevokedException the step is not committed on any rank (definite)
   */
  void agree(long step);

  /**
   * Last step {@link #agree} committed in this generation, or the start step given at construction.
   */
  long committedStep();

  /** For parts of a step that ranks take as they have room; empty where ranks share no memory. */
  default Optional<SharedCounter> counter() {
    return Optional.empty();
  }

  /**
   * The same group for tensors on GPUs; empty where the job asks for none, or one of its members
   * has none. Closed with this one.
   */
  default Optional<DeviceCommunicator> onDevice() {
    return Optional.empty();
  }

  /** Revokes the group for all ranks. Idempotent; any thread. */
  void abort(String reason);

  /** Releases this rank's handle and memory; other ranks are not disturbed. */
  @Override
  void close();

  /** {@link Operation.AllReduce} in place. */
  default Work allReduce(Buffer buffer, ReduceOp op, Stream stream) {
    return run(new Operation.AllReduce(buffer, buffer, op), stream);
  }

  /** {@link Operation.AllReduce} in place, of a sum, waited for. */
  default void allReduce(Buffer buffer) {
    allReduce(buffer, ReduceOp.SUM, Stream.NONE).await();
  }

  /** {@link Operation.ReduceScatter}. */
  default Work reduceScatter(Buffer input, Buffer output, ReduceOp op, Stream stream) {
    return run(new Operation.ReduceScatter(input, output, op), stream);
  }

  /** {@link Operation.AllGather}. */
  default Work allGather(Buffer input, Buffer output, Stream stream) {
    return run(new Operation.AllGather(input, output), stream);
  }

  /** {@link Operation.Broadcast}. */
  default Work broadcast(Buffer buffer, int root, Stream stream) {
    return run(new Operation.Broadcast(buffer, root), stream);
  }

  /** {@link Operation.Broadcast}, waited for. */
  default void broadcast(Buffer buffer, int root) {
    broadcast(buffer, root, Stream.NONE).await();
  }

  /** {@link Operation.AllToAll}. */
  default Work allToAll(Buffer input, Buffer output, Stream stream) {
    return run(new Operation.AllToAll(input, output), stream);
  }

  /** {@link Operation.Barrier}. */
  default Work barrier() {
    return run(new Operation.Barrier(), Stream.NONE);
  }
}
