package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
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

  /**
   * What this rank does when the caller does that; on its thread. Of a message to or from another
   * rank, nothing.
   */
  List<Operation> counterparts(Operation operation, int caller) {
    var own = communicator.resultNow();
    return switch (operation) {
      case Operation.AllReduce o ->
          List.of(new Operation.AllReduce(zeroed(o.input()), like(o), o.op()));
      case Operation.Reduce o ->
          List.of(new Operation.Reduce(zeroed(o.input()), fresh(o.input(), 1), o.op(), o.root()));
      case Operation.ReduceScatter o ->
          List.of(new Operation.ReduceScatter(own(o.input()), slice(o.input()), o.op()));
      case Operation.AllGather o ->
          List.of(new Operation.AllGather(input(o.input(), o.output()), own(o.output())));
      case Operation.Gather o ->
          List.of(
              new Operation.Gather(
                  fresh(o.input(), 1), fresh(o.input(), own.worldSize()), o.root()));
      case Operation.Broadcast o -> List.of(new Operation.Broadcast(own(o.buffer()), o.root()));
      case Operation.Scatter o ->
          List.of(
              new Operation.Scatter(
                  fresh(o.output(), own.worldSize()), fresh(o.output(), 1), o.root()));
      case Operation.AllToAll o ->
          List.of(new Operation.AllToAll(fresh(o.input(), 1), fresh(o.output(), 1)));
      case Operation.AllToAllUneven o -> List.of(uneven(o, own, caller));
      case Operation.Barrier o -> List.of(o);
      case Operation.Send o when o.to() == own.rank() ->
          List.of(new Operation.Receive(fresh(o.buffer(), 1), caller));
      case Operation.Receive o when o.from() == own.rank() ->
          List.of(new Operation.Send(fresh(o.buffer(), 1), caller));
      case Operation.SendReceive o -> messages(o, own.rank(), caller);
      default -> List.of();
    };
  }

  private static List<Operation> messages(Operation.SendReceive o, int rank, int caller) {
    var messages = new ArrayList<Operation>();
    if (o.from() == rank) {
      messages.add(new Operation.Send(fresh(o.output(), 1), caller));
    }
    if (o.to() == rank) {
      messages.add(new Operation.Receive(fresh(o.input(), 1), caller));
    }
    return messages;
  }

  /** Echoes give each other nothing. */
  private static Operation uneven(Operation.AllToAllUneven o, Communicator own, int caller) {
    var dtype = o.input().dtype();
    var gives = new long[own.worldSize()];
    var takes = new long[own.worldSize()];
    gives[caller] = o.outputCounts()[own.rank()];
    takes[caller] = o.inputCounts()[own.rank()];
    var given = new Buffer(fresh(gives[caller] * dtype.sizeBytes()), dtype);
    var taken = new Buffer(fresh(takes[caller] * dtype.sizeBytes()), dtype);
    return new Operation.AllToAllUneven(given, gives, taken, takes);
  }

  private static Buffer fresh(Buffer like, int times) {
    return new Buffer(fresh(times * like.memory().byteSize()), like.dtype());
  }

  private Buffer like(Operation.AllReduce o) {
    boolean inPlace = o.input().memory().address() == o.output().memory().address();
    return inPlace ? own(o.input()) : fresh(o.output(), 1);
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
