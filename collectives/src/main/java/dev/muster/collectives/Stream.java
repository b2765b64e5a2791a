package dev.muster.collectives;

/** What a collective is ordered against: on a GPU the kernels of a device stream. */
public interface Stream {
  /** The caller's program order: on the CPU a call has ended when it returns. */
  Stream NONE = () -> 0;

  /**
   * Beside the caller, after everything that was started on it before: the call returns at once,
   * and its buffers are the communicator's until {@link Work#await} returns.
   */
  Stream OWN = () -> -1;

  /** Native handle, 0 for none. */
  long handle();
}
