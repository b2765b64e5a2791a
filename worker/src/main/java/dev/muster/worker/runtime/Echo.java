package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Slices;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Another rank of an {@link Ensemble}: a thread that makes the calls it is told to make. */
final class Echo implements AutoCloseable {
  private final ExecutorService thread;
  private final Future<Communicator> communicator;
  private final GroupMonitor monitor;
  private final List<Pair> pairs = new ArrayList<>(); // its thread's
  private MemorySegment scratch = fresh(0); // likewise

  /** The same allocation on the caller's rank and here. */
  private record Pair(MemorySegment caller, MemorySegment own) {
    boolean holds(MemorySegment memory) {
      long offset = memory.address() - caller.address();
      return offset >= 0 && offset + memory.byteSize() <= caller.byteSize();
    }

    MemorySegment counterpart(MemorySegment memory) {
      return own.asSlice(memory.address() - caller.address(), memory.byteSize());
    }
  }

  private Echo(ExecutorService thread, Future<Communicator> communicator, GroupMonitor monitor) {
    this.thread = thread;
    this.communicator = communicator;
    this.monitor = monitor;
  }

  /** Returns at once; joining waits for the other ranks. */
  static Echo join(Groups groups, Groups.Spec spec, int rank, GroupMonitor monitor) {
    var factory = Thread.ofPlatform().daemon().name("muster-echo-" + rank).factory();
    var thread = Executors.newSingleThreadExecutor(factory);
    Callable<Communicator> join =
        () -> {
          try {
            return groups.join(spec, rank);
          } catch (Throwable e) {
            monitor.revoke("an echo could not join: rank=" + rank + " error=" + e);
            throw e;
          }
        };
    return new Echo(thread, thread.submit(join), monitor);
  }

  /** What fails here revokes the group, and so is seen by the caller. */
  void call(Consumer<Communicator> call) {
    thread.execute(() -> {
      if (communicator.state() == Future.State.SUCCESS) {
        attempt(call, communicator.resultNow());
      }
    });
  }

  /** Also an error, such as memory that is not there: nobody else would tell the other ranks. */
  private void attempt(Consumer<Communicator> call, Communicator communicator) {
    try {
      call.accept(communicator);
    } catch (Throwable e) {
      monitor.revoke("an echo failed: rank=" + communicator.rank() + " error=" + e);
    }
  }

  void allocate(MemorySegment caller) {
    call(c -> pairs.add(new Pair(caller, c.allocate(caller.byteSize()))));
  }

  /** What {@code buffer} of the caller is on this rank; on its thread. */
  Buffer own(Buffer buffer) {
    var memory =
        pairs.stream()
            .filter(pair -> pair.holds(buffer.memory()))
            .findFirst()
            .map(pair -> pair.counterpart(buffer.memory()))
            .orElseGet(() -> scratch(buffer.memory().byteSize()));
    return new Buffer(memory, buffer.dtype());
  }

  /** The same without what an earlier reduction left there, which would grow from step to step. */
  Buffer zeroed(Buffer buffer) {
    var own = own(buffer);
    own.memory().fill((byte) 0);
    return own;
  }

  /** Memory for this rank's slice of {@code input}; on its thread. */
  Buffer slice(Buffer input) {
    var c = communicator.resultNow();
    long elements = Slices.of(input.elements(), c.rank(), c.worldSize()).count();
    return new Buffer(fresh(elements * input.dtype().sizeBytes()), input.dtype());
  }

  /** What this rank gives to a gathering; the caller may gather in place. */
  Buffer input(Buffer input, Buffer output) {
    long offset = input.memory().address() - output.memory().address();
    boolean inPlace = offset >= 0 && offset < output.memory().byteSize();
    if (!inPlace) {
      return own(input);
    }
    long elements = input.elements();
    int rank = communicator.resultNow().rank();
    return own(output).slice(rank * elements, (rank + 1) * elements);
  }

  private MemorySegment scratch(long bytes) {
    if (scratch.byteSize() < bytes) {
      scratch = fresh(bytes);
    }
    return scratch.asSlice(0, bytes);
  }

  private static MemorySegment fresh(long bytes) {
    return Arena.ofAuto().allocate(bytes, 64);
  }

  @Override
  public void close() {
    call(Communicator::close);
    thread.close();
  }
}
