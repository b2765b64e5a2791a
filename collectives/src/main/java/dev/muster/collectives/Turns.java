package dev.muster.collectives;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The calls on one rank's handle: one at a time, and none after it was closed. What others may ask
 * at any time, the last committed step and an abort, never touches memory that is being released.
 */
public final class Turns {
  private final String group;
  private final long generation;
  private final int rank;
  private final LongSupplier committedStep;
  private final ReentrantLock calls = new ReentrantLock();
  private final Object life = new Object();

  private boolean closed; // guarded by life
  private long committedStepAtClose; // guarded by life

  /**
   * @param committedStep asked until the handle is closed, not afterwards
   */
  public Turns(String group, long generation, int rank, LongSupplier committedStep) {
    this.group = group;
    this.generation = generation;
    this.rank = rank;
    this.committedStep = committedStep;
  }

  /**
   * Begins a call; {@link #leave} ends it.
   *
   * @throws IllegalStateException another thread is inside a call, or the handle is closed
   */
  public void take() {
    if (!calls.tryLock()) {
      throw new IllegalStateException(
          "communicator is in use by another thread: group="
              + group
              + " rank="
              + rank
              + "; use it from one thread, and abort it before closing it from another one");
    }
    if (closed()) {
      calls.unlock();
      throw new IllegalStateException(
          "communicator is closed: group=" + group + " generation=" + generation + " rank=" + rank);
    }
  }

  public void leave() {
    calls.unlock();
  }

  private boolean closed() {
    synchronized (life) {
      return closed;
    }
  }

  /** Also after it was closed: as it was then. Any thread. */
  public long committedStep() {
    synchronized (life) {
      return closed ? committedStepAtClose : committedStep.getAsLong();
    }
  }

  /** Any thread, also within a call; nothing happens once it is closed. */
  public void unlessClosed(Runnable action) {
    synchronized (life) {
      if (!closed) {
        action.run();
      }
    }
  }

  /**
   * Once; unmapping memory under a running call would be a crash for native readers.
   *
   * @param release runs when nobody can get at what it releases; holds up no other thread
   * @throws IllegalStateException another thread is inside a call
   */
  public void close(Runnable release) {
    if (closed()) {
      return;
    }
    take();
    try {
      synchronized (life) {
        committedStepAtClose = committedStep.getAsLong();
        closed = true;
      }
      release.run();
    } finally {
      leave();
    }
  }
}
