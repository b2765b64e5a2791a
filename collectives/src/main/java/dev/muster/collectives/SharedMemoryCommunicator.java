package dev.muster.collectives;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A rank of a group of processes of one host. Every collective runs inside its call, on the
 * caller's thread; the returned {@link Work} is complete. A failure of this rank inside a
 * collective revokes the group, so that no peer waits for it.
 */
final class SharedMemoryCommunicator implements Communicator {
  private final Groups.Spec spec;
  private final ControlFile control;
  private final Exchange exchange;
  private final Arena arena;
  private final ReentrantLock calls = new ReentrantLock();
  private final Object life = new Object();

  private boolean closed; // guarded by life
  private long committedStepAtClose; // guarded by life

  SharedMemoryCommunicator(Groups.Spec spec, ControlFile control, Exchange exchange, Arena arena) {
    this.spec = spec;
    this.control = control;
    this.exchange = exchange;
    this.arena = arena;
  }

  @Override
  public String group() {
    return spec.group();
  }

  @Override
  public long generation() {
    return spec.generation();
  }

  @Override
  public int rank() {
    return exchange.rank();
  }

  @Override
  public int worldSize() {
    return spec.worldSize();
  }

  @Override
  public MemorySegment allocate(long bytes) {
    takeTurn();
    try {
      return exchange.region().allocate(bytes);
    } finally {
      calls.unlock();
    }
  }

  @Override
  public Work allReduce(Buffer buffer, ReduceOp op, Stream stream) {
    Arguments.stream(stream);
    return run(() -> new AllReduce(exchange, buffer, op).run());
  }

  @Override
  public Work reduceScatter(Buffer input, Buffer output, ReduceOp op, Stream stream) {
    Arguments.stream(stream);
    Arguments.reduceScatter(input, output, rank(), worldSize());
    return run(() -> new ReduceScatter(exchange, input, output, op).run());
  }

  @Override
  public Work allGather(Buffer input, Buffer output, Stream stream) {
    Arguments.stream(stream);
    Arguments.allGather(input, output, rank(), worldSize());
    return run(() -> new AllGather(exchange, input, output).run());
  }

  @Override
  public Work broadcast(Buffer buffer, int root, Stream stream) {
    Arguments.stream(stream);
    Arguments.root(root, worldSize());
    return run(() -> new Broadcast(exchange, buffer, root).run());
  }

  @Override
  public Work barrier() {
    return run(() -> exchange.meet(Call.barrier(), null));
  }

  /**
   * Unlike other calls it returns normally also after a revoke, if the step was committed before.
   */
  @Override
  public void agree(long step) {
    Arguments.step(step, committedStep());
    guarded(() -> {
      exchange.begin();
      exchange.agree(step);
    });
  }

  private Work run(Runnable collective) {
    guarded(() -> {
      exchange.begin();
      collective.run();
      exchange.end();
    });
    return CompletedWork.DONE;
  }

  private void guarded(Runnable call) {
    takeTurn();
    try {
      call.run();
    } catch (GroupRevokedException e) {
      throw e;
    } catch (CollectiveMismatchException e) {
      abort(e.getMessage());
      throw e;
    } catch (RuntimeException | Error e) {
      abort("rank failed inside a collective: rank=" + rank() + " error=" + e);
      throw e;
    } finally {
      calls.unlock();
    }
  }

  private void takeTurn() {
    if (!calls.tryLock()) {
      throw new IllegalStateException(
          "communicator is in use by another thread: group="
              + group()
              + " rank="
              + rank()
              + "; use it from one thread, and abort it before closing it from another one");
    }
    synchronized (life) {
      if (closed) {
        calls.unlock();
        throw new IllegalStateException(
            "communicator is closed: group="
                + group()
                + " generation="
                + generation()
                + " rank="
                + rank());
      }
    }
  }

  @Override
  public long committedStep() {
    synchronized (life) {
      return closed ? committedStepAtClose : control.committedStep();
    }
  }

  @Override
  public void abort(String reason) {
    synchronized (life) {
      if (!closed) {
        control.revoke(reason);
      }
    }
  }

  @Override
  public void close() {
    synchronized (life) {
      if (closed) {
        return;
      }
    }
    takeTurn(); // unmapping memory under a running collective would be a crash for native readers
    try {
      synchronized (life) {
        committedStepAtClose = control.committedStep();
        closed = true;
        exchange.close();
        arena.close();
      }
    } finally {
      calls.unlock();
    }
  }
}
