package dev.muster.collectives;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A thread that runs tasks one after the other, in the order in which one other thread starts them;
 * it exists from the first task on.
 */
final class Lane {
  private final String name;
  private ExecutorService thread; // null until it is needed
  private Work newest = CompletedWork.DONE;

  Lane(String name) {
    this.name = name;
  }

  Work start(Runnable task) {
    if (thread == null) {
      thread = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(name).factory());
    }
    newest = new Started(thread.submit(task));
    return newest;
  }

  boolean idle() {
    return newest.isDone();
  }

  /** Returns when everything that was started has ended, well or not. */
  void drain() {
    if (newest instanceof Started started) {
      started.ended();
      newest = CompletedWork.DONE;
    }
  }

  void close() {
    drain();
    if (thread != null) {
      thread.shutdown();
    }
  }

  private record Started(Future<?> task) implements Work {
    @Override
    public void await() {
      ended();
      if (task.state() == Future.State.FAILED) {
        throw thrown(task.exceptionNow());
      }
    }

    private static RuntimeException thrown(Throwable failure) {
      if (failure instanceof Error error) {
        throw error;
      }
      return (RuntimeException) failure; // tasks throw nothing checked
    }

    /** An interrupt does not end a collective: a revoke does. It is kept for the caller. */
    void ended() {
      boolean interrupted = false;
      while (!task.isDone()) {
        try {
          task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          break; // for await to tell
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public boolean isDone() {
      return task.isDone();
    }
  }
}
