package dev.muster.trainer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Work;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;

/** Ranks as threads of the test: the last one to arrive adds all float32 buffers in rank order and gives everyone the sum. Knows only what trainers use. */
final class InJvmGroup {
  private final List<Rank> ranks = new ArrayList<>();
  private final Buffer[] arrived;
  private final CyclicBarrier reduced;
  private final CyclicBarrier left;

  InJvmGroup(int worldSize) {
    arrived = new Buffer[worldSize];
    reduced = new CyclicBarrier(worldSize, this::reduce);
    left = new CyclicBarrier(worldSize);
    for (int rank = 0; rank < worldSize; rank++) {
      ranks.add(new Rank(rank));
    }
  }

  Communicator rank(int rank) {
    return ranks.get(rank);
  }

  private void reduce() {
    for (long i = 0; i < arrived[0].elements(); i++) {
      float sum = 0;
      for (Buffer buffer : arrived) {
        sum += buffer.memory().getAtIndex(JAVA_FLOAT, i);
      }
      for (Buffer buffer : arrived) {
        buffer.memory().setAtIndex(JAVA_FLOAT, i, sum);
      }
    }
  }

  private void allReduce(int rank, Buffer buffer) {
    try {
      arrived[rank] = buffer;
      reduced.await();
      left.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private final class Rank implements Communicator {
    private final Arena arena = Arena.ofShared();
    private final int rank;

    Rank(int rank) {
      this.rank = rank;
    }

    @Override
    public String group() {
      return "dp";
    }

    @Override
    public long generation() {
      return 1;
    }

    @Override
    public int rank() {
      return rank;
    }

    @Override
    public int worldSize() {
      return arrived.length;
    }

    @Override
    public MemorySegment allocate(long bytes) {
      return arena.allocate(bytes, 64);
    }

    @Override
    public Work allReduce(Buffer buffer, ReduceOp op, Stream stream) {
      InJvmGroup.this.allReduce(rank, buffer);
      return Done.INSTANCE;
    }

    @Override
    public Work reduceScatter(Buffer input, Buffer output, ReduceOp op, Stream stream) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Work allGather(Buffer input, Buffer output, Stream stream) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Work broadcast(Buffer buffer, int root, Stream stream) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Work barrier() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void agree(long step) {}

    @Override
    public long committedStep() {
      return 0;
    }

    @Override
    public void abort(String reason) {
      reduced.reset();
      left.reset();
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  private enum Done implements Work {
    INSTANCE;

    @Override
    public void await() {}

    @Override
    public boolean isDone() {
      return true;
    }
  }
}
