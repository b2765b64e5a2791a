package dev.muster.collectives;

/**
 * Device stream that orders a collective against kernels; {@link #NONE} on the CPU, where the
 * caller's program order does.
 */
public interface Stream {
  Stream NONE = () -> 0;

  /** Native handle, 0 for none. */
  long handle();
}
