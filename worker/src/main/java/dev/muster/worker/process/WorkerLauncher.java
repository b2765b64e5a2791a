package dev.muster.worker.process;

import dev.muster.protocol.Exit;

/**
 * Starts what runs one rank, normally a process ({@link ProcessLauncher}), and ends it. Any thread;
 * nothing blocks but close.
 */
public interface WorkerLauncher extends AutoCloseable {
  /** Called from the launcher's threads; must not block. */
  interface Listener {
    void started(long pid);

    /** Nothing runs (definite). */
    void startFailed(String reason);

    /**
     * @param noticedNs System.nanoTime of the notice
     */
    void ended(Exit exit, long noticedNs);
  }

  /** Returns at once; the listener hears what came of it. */
  void start(LaunchSpec spec, Listener listener);

  void terminate(long pid);

  void kill(long pid);

  /**
   * All that was started ends when this long passes without another call, whatever happens to this
   * process.
   */
  void lease(long leftMs);

  /** Ends all that still runs and waits for it. */
  @Override
  void close();
}
