package dev.muster.worker.runtime;

import dev.muster.protocol.Exit;

/**
 * How a worker that may no longer take part is stopped, whatever its step thread does. Called by
 * the watch threads.
 */
public interface Fence {
  void fenced(String reason);

  /** Whether the process belongs to the worker alone. */
  boolean ownsProcess();

  /**
   * Halts the process at once: no shutdown hook and no finalizer may run on with a state that is
   * out of date.
   */
  static Fence process() {
    return new Fence() {
      @Override
      public void fenced(String reason) {
        System.err.println("worker stops itself: " + reason);
        Runtime.getRuntime().halt(Exit.FENCED.code());
      }

      @Override
      public boolean ownsProcess() {
        return true;
      }
    };
  }

  /** Leaves it to the step thread, which finds its mailbox fenced and its group revoked. */
  static Fence embedded() {
    return new Fence() {
      @Override
      public void fenced(String reason) {}

      @Override
      public boolean ownsProcess() {
        return false;
      }
    };
  }
}
