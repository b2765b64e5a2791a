package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Slices;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Another rank of an {@link Ensemble}: a thread that makes the calls it is told to make. */
final class Echo implements AutoCloseable {
  private final ExecutorService thread;
  private final Future<Communicator> communicator;
  private final List<Pair> pairs = new ArrayList<>(); // its thread's

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

  private Echo(ExecutorService thread, Future<Communicator> communicator) {
    this.thread = thread;
    this.communicator = communicator;
  }

  /** Returns at once; joining waits for the other ranks. */
  static Echo join(Groups groups, Groups.Spec spec, int rank) {
    var factory = Thread.ofPlatform().daemon().name("muster-echo-" + rank).factory();
    var thread = Executors.newSingleThreadExecutor(factory);
    return new Echo(thread, thread.submit(() -> groups.join(spec, rank)));
  }

  /** What fails here revokes the group, and so is seen by the caller. */
  void call(Consumer<Communicator> call) {
    thread.execute(() -> {
      if (communicator.state() == Future.State.SUCCESS) {
        attempt(call, communicator.resultNow());
      }
    });
  }

  private static void attempt(Consumer<Communicator> call, Communicator communicator) {
    try {
      call.accept(communicator);
    } catch (RuntimeException e) {
      communicator.abort("an echo failed: rank=" + communicator.rank() + " error=" + e);
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
            .orElseGet(() -> Arena.ofAuto().allocate(buffer.memory().byteSize(), 64));
    return new Buffer(memory, buffer.dtype());
  }

  /** Memory for this rank's slice of {@code input}; on its thread. */
  Buffer slice(Buffer input) {
    var c = communicator.resultNow();
    long elements = Slices.of(input.elements(), c.rank(), c.worldSize()).count();
    long bytes = elements * input.dtype().sizeBytes();
    return new Buffer(Arena.ofAuto().allocate(bytes, 64), input.dtype());
  }

  @Override
  public void close() {
    call(Communicator::close);
    thread.close();
  }
}
