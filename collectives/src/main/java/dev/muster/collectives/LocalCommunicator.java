package dev.muster.collectives;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

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
  public Work allReduce(Buffer buffer, ReduceOp op, Stream stream) {
    Arguments.stream(stream);
    byte[][] inputs = exchange(Call.allReduce(buffer, op), buffer.memory());
    write(LocalReduction.reduce(inputs, buffer.dtype(), op), 0, buffer);
    return CompletedWork.DONE;
  }

  @Override
  public Work reduceScatter(Buffer input, Buffer output, ReduceOp op, Stream stream) {
    Arguments.stream(stream);
    Arguments.reduceScatter(input, output, rank, worldSize());
    byte[][] inputs = exchange(Call.reduceScatter(input, op), input.memory());
    long from = Slices.of(input.elements(), rank, worldSize()).from();
    byte[] reduced = LocalReduction.reduce(inputs, input.dtype(), op);
    write(reduced, (int) from * input.dtype().sizeBytes(), output);
    return CompletedWork.DONE;
  }

  @Override
  public Work allGather(Buffer input, Buffer output, Stream stream) {
    Arguments.stream(stream);
    Arguments.allGather(input, output, rank, worldSize());
    byte[][] inputs = exchange(Call.allGather(input), input.memory());
    for (int peer = 0; peer < worldSize(); peer++) {
      long from = peer * input.elements();
      write(inputs[peer], 0, output.slice(from, from + input.elements()));
    }
    return CompletedWork.DONE;
  }

  @Override
  public Work broadcast(Buffer buffer, int root, Stream stream) {
    Arguments.stream(stream);
    Arguments.root(root, worldSize());
    write(exchange(Call.broadcast(buffer, root), buffer.memory())[root], 0, buffer);
    return CompletedWork.DONE;
  }

  @Override
  public Work barrier() {
    exchange(Call.barrier(), MemorySegment.NULL);
    return CompletedWork.DONE;
  }

  @Override
  public void agree(long step) {
    checkOpen();
    Arguments.step(step, group.committedStep());
    try {
      group.agree(rank, ++calls, step);
    } catch (CollectiveMismatchException e) {
      group.revoke(e.getMessage());
      throw e;
    }
  }

  private byte[][] exchange(Call call, MemorySegment input) {
    checkOpen();
    byte[] bytes = input.byteSize() == 0 ? NOTHING : input.toArray(ValueLayout.JAVA_BYTE);
    try {
      return group.exchange(rank, ++calls, call, bytes);
    } catch (CollectiveMismatchException e) {
      group.revoke(e.getMessage());
      throw e;
    }
  }

  private static void write(byte[] bytes, int from, Buffer buffer) {
    int length = (int) buffer.memory().byteSize();
    byte[] part = Arrays.copyOfRange(bytes, from, from + length);
    MemorySegment.copy(part, 0, buffer.memory(), ValueLayout.JAVA_BYTE, 0, length);
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
