package dev.muster.simulator.actors;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * What the actors of one world have to do now, in the order it was asked for. Used by the thread
 * that made it; what any other thread asks for would come at a random virtual time, so it is
 * refused and fails the run.
 */
final class ReadyQueue {
  private final Thread owner = Thread.currentThread();
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private boolean draining;
  private volatile Throwable failure; // the first one, from any thread
  private boolean told;

  void add(Runnable task) {
    if (owns(task)) {
      tasks.add(task);
    }
  }

  /** Whether this is the simulated thread; if not, the run fails. Pekko swallows what is thrown. */
  boolean owns(Object task) {
    boolean owned = Thread.currentThread() == owner;
    if (!owned) {
      fail(
          new IllegalStateException(
              "work left the simulated thread: expected="
                  + owner.getName()
                  + " actual="
                  + Thread.currentThread().getName()
                  + " task="
                  + task.getClass().getName()
                  + "; use timers and events, no future that completes elsewhere"));
    }
    return owned;
  }

  /** Runs until nothing is left to do now; when called by one of the tasks, that goes on itself. */
  void drain() {
    if (!owns(this) || draining) {
      return;
    }
    draining = true;
    try {
      while (failure == null && !tasks.isEmpty()) {
        tasks.remove().run();
      }
    } finally {
      draining = false;
    }
    rethrow();
  }

  /** The run is over; whoever drains next throws this. */
  void fail(Throwable broken) {
    if (failure == null) {
      failure = broken;
    }
  }

  boolean failed() {
    return failure != null;
  }

  /** Throws a failure that nobody has heard of yet. */
  void rethrowUntold() {
    if (!told) {
      rethrow();
    }
  }

  private void rethrow() {
    told = failed();
    switch (failure) {
      case null -> {}
      case RuntimeException broken -> throw broken;
      case Error broken -> throw broken;
      case Throwable broken -> throw new IllegalStateException(broken);
    }
  }
}
