package dev.muster.collectives.local;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.muster.collectives.Arguments;
import dev.muster.collectives.Buffer;
import dev.muster.collectives.Call;
import dev.muster.collectives.CollectiveMismatchException;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.CompletedWork;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Movement;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.SharedCounter;
import dev.muster.collectives.Slices;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Work;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * One rank of a {@link LocalGroup}: copies its input in, computes the result from all inputs by
 * itself, copies it out.
 */
final class LocalCommunicator implements Communicator {
  private static final byte[] NOTHING = {};

  private final Groups.Spec spec;
  private final int rank;
  private final LocalGroup group;
  private final Arena arena = Arena.ofShared();
  private long calls;
  private long usedBytes;
  private volatile boolean closed;

  LocalCommunicator(Groups.Spec spec, int rank, LocalGroup group) {
    this.spec = spec;
    this.rank = rank;
    this.group = group;
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
    return rank;
  }

  @Override
  public int worldSize() {
    return spec.worldSize();
  }

  @Override
  public MemorySegment allocate(long bytes) {
    checkOpen();
    if (bytes < 0 || bytes > spec.bytesPerRank() - usedBytes) {
      throw new IllegalStateException(
          "shared region is full: group="
              + spec.group()
              + " sizeBytes="
              + spec.bytesPerRank()
              + " usedBytes="
              + usedBytes
              + " wantedBytes="
              + bytes
              + "; raise bytesPerRank of the group");
    }
    usedBytes += (bytes + 63) & -64;
    return arena.allocate(bytes, 64);
  }

  @Override
  public Work run(Operation operation, Stream stream) {
    Arguments.stream(stream);
    operation.check(rank, worldSize());
    guarded(() -> perform(operation));
    return CompletedWork.DONE;
  }

  /** Whoever finds that the ranks differ ends the group for all. */
  private void guarded(Runnable call) {
    try {
      call.run();
    } catch (CollectiveMismatchException e) {
      group.revoke(e.getMessage());
      throw e;
    }
  }

  private void perform(Operation operation) {
    switch (operation) {
      case Operation.Send o -> post(o.buffer(), o.to());
      case Operation.Receive o -> take(o.buffer(), o.from());
      case Operation.SendReceive o -> {
        post(o.input(), o.to());
        take(o.output(), o.from());
      }
      default -> collective(operation);
    }
  }

  private void collective(Operation operation) {
    byte[][] inputs = exchange(operation.call(), operation.input());
    switch (operation) {
      case Operation.AllReduce o -> write(reduced(inputs, o.input(), o.op()), 0, o.output());
      case Operation.Reduce o -> {
        if (rank == o.root()) {
          write(reduced(inputs, o.input(), o.op()), 0, o.output());
        }
      }
      case Operation.ReduceScatter o -> {
        long from = Slices.of(o.input().elements(), rank, worldSize()).from();
        int width = o.input().dtype().sizeBytes();
        write(reduced(inputs, o.input(), o.op()), (int) from * width, o.output());
      }
      case Operation.AllToAllUneven o -> move(inputs, uneven(o), o.output());
      case Operation.Barrier _ -> {}
      default -> move(inputs, Movement.of(operation, worldSize()), operation.output());
    }
  }

  private static byte[] reduced(byte[][] inputs, Buffer like, ReduceOp op) {
    return LocalReduction.reduce(inputs, like.dtype(), op);
  }

  private Movement uneven(Operation.AllToAllUneven o) {
    var own = MemorySegment.ofArray(new byte[Long.BYTES * worldSize()]);
    own.copyFrom(MemorySegment.ofArray(o.inputCounts()));
    byte[][] counts = exchange(o.call(), own);
    var bytes = new long[worldSize()][worldSize()];
    for (int giver = 0; giver < worldSize(); giver++) {
      ByteBuffer.wrap(counts[giver])
          .order(ByteOrder.nativeOrder())
          .asLongBuffer()
          .get(bytes[giver]);
      o.requireExpected(giver, bytes[giver][rank], rank);
      bytes[giver] =
          Arrays.stream(bytes[giver]).map(n -> n * o.input().dtype().sizeBytes()).toArray();
    }
    return Movement.uneven(bytes);
  }

  private void move(byte[][] inputs, Movement movement, Buffer output) {
    for (int giver = 0; giver < worldSize(); giver++) {
      int bytes = (int) movement.bytes(giver, rank);
      if (bytes > 0) {
        int from = (int) movement.from(giver, rank);
        MemorySegment.copy(
            inputs[giver], from, output.memory(), JAVA_BYTE, movement.to(giver, rank), bytes);
      }
    }
  }

  private void post(Buffer buffer, int to) {
    checkOpen();
    group.post(rank, to, buffer.memory().toArray(JAVA_BYTE), buffer.dtype());
  }

  private void take(Buffer buffer, int from) {
    checkOpen();
    byte[] message = group.take(from, rank, buffer.memory().byteSize(), buffer.dtype());
    write(message, 0, buffer);
  }

  @Override
  public void agree(long step) {
    checkOpen();
    Arguments.step(step, group.committedStep());
    guarded(() -> group.agree(rank, ++calls, step));
  }

  private byte[][] exchange(Call call, Buffer input) {
    return exchange(call, input == null ? MemorySegment.NULL : input.memory());
  }

  private byte[][] exchange(Call call, MemorySegment input) {
    checkOpen();
    byte[] bytes = input.byteSize() == 0 ? NOTHING : input.toArray(JAVA_BYTE);
    return group.exchange(rank, ++calls, call, bytes);
  }

  private static void write(byte[] bytes, int from, Buffer buffer) {
    int length = (int) buffer.memory().byteSize();
    byte[] part = Arrays.copyOfRange(bytes, from, from + length);
    MemorySegment.copy(part, 0, buffer.memory(), JAVA_BYTE, 0, length);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(
          "communicator is closed: group="
              + spec.group()
              + " generation="
              + spec.generation()
              + " rank="
              + rank);
    }
  }

  @Override
  public long committedStep() {
    return group.committedStep();
  }

  @Override
  public Optional<SharedCounter> counter() {
    return Optional.of(group.counter());
  }

  @Override
  public void abort(String reason) {
    if (!closed) {
      group.revoke(reason);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
