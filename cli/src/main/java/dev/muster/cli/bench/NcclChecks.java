package dev.muster.cli.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.Stream;
import dev.muster.collectives.nccl.NcclCommunicator;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntToDoubleFunction;

/**
 * What one rank with a GPU does to see that NCCL does what a communicator promises. Elements are
 * small whole numbers, exact in any order. Throws where something is wrong.
 */
final class NcclChecks {
  private static final int ELEMENTS = 100_003;

  private NcclChecks() {}

  static void allReduces(NcclCommunicator c) {
    for (DType dtype : DType.values()) {
      var bytes = new Buffer(c.allocate(64L * dtype.sizeBytes()), dtype); // zeros of any type
      for (ReduceOp op : ReduceOp.values()) {
        c.allReduce(bytes, op, Stream.NONE).await();
      }
      check(onCpu(c, bytes), bytes + " of zeros", i -> 0);
    }
    for (ReduceOp op : ReduceOp.values()) {
      var buffer = filled(c, ELEMENTS, i -> 1 + (c.rank() + i) % 2);
      c.allReduce(buffer, op, Stream.NONE).await();
      check(onCpu(c, buffer), "all-reduce " + op, i -> reduced(op, c.worldSize(), i));
    }
  }

  private static double reduced(ReduceOp op, int worldSize, int i) {
    double result = 1 + i % 2;
    for (int rank = 1; rank < worldSize; rank++) {
      double value = 1 + (rank + i) % 2;
      result =
          switch (op) {
            case SUM, MEAN -> result + value;
            case PRODUCT -> result * value;
            case MIN -> Math.min(result, value);
            case MAX -> Math.max(result, value);
          };
    }
    return op == ReduceOp.MEAN ? (float) (result / worldSize) : result;
  }

  static void moves(NcclCommunicator c) {
    int n = c.worldSize();
    var own = filled(c, 1_000, i -> c.rank());
    var all = filled(c, 1_000 * n, i -> -1);
    c.allGather(own, all, Stream.OWN).await();
    check(onCpu(c, all), "all-gather", i -> i / 1_000);
    c.broadcast(own, n - 1);
    check(onCpu(c, own), "broadcast", i -> n - 1);
    var input = filled(c, ELEMENTS, i -> 1);
    var slice = Slices.of(ELEMENTS, c.rank(), n);
    var part = filled(c, (int) slice.count(), i -> 0);
    c.reduceScatter(input, part, ReduceOp.SUM, Stream.NONE).await();
    check(onCpu(c, part), "reduce-scatter", i -> n);
    var out = filled(c, 10 * n, i -> c.rank());
    var in = filled(c, 10 * n, i -> -1);
    c.allToAll(out, in, Stream.NONE).await();
    check(onCpu(c, in), "all-to-all", i -> i / 10);
    if (n > 1) {
      int next = (c.rank() + 1) % n;
      int before = (c.rank() + n - 1) % n;
      var mine = filled(c, 10, i -> c.rank());
      var theirs = filled(c, 10, i -> -1);
      c.run(new Operation.SendReceive(mine, next, theirs, before), Stream.NONE).await();
      check(onCpu(c, theirs), "send and receive", i -> before);
    }
    c.agree(c.committedStep() + 1);
  }

  /** When the group of {@link #abort} ended, and who waits in it. */
  record Absence(CountDownLatch waiting, AtomicLong endedNs) {
    static Absence of(int waiting) {
      return new Absence(new CountDownLatch(waiting), new AtomicLong());
    }
  }

  /**
   * Rank 0 does not come, and ends the group once the others wait for it.
   *
   * @return ms from the end to this rank's return, 0 for rank 0
   */
  static double abort(Communicator c, Absence absence) {
    if (c.rank() == 0) {
      awaitAll(absence.waiting);
      absence.endedNs.set(System.nanoTime());
      c.abort("as the check wants it");
      return 0;
    }
    var buffer = new Buffer(c.allocate(1 << 20), DType.FLOAT32);
    var work = c.allReduce(buffer, ReduceOp.SUM, Stream.OWN);
    absence.waiting.countDown();
    try {
      work.await();
    } catch (GroupRevokedException e) {
      return (System.nanoTime() - absence.endedNs.get()) / 1e6;
    }
    throw new IllegalStateException("an all-reduce without rank 0 returned");
  }

  static void awaitAll(CountDownLatch waiting) {
    try {
      waiting.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while others start to wait", e);
    }
  }

  /** Median seconds of an all-reduce of so many bytes, float32, in place. */
  static double secondsOfAllReduce(Communicator c, long bytes, int rounds) {
    var buffer = new Buffer(c.allocate(bytes), DType.FLOAT32);
    var seconds = new double[rounds];
    for (int round = -3; round < rounds; round++) {
      c.barrier().await();
      long from = System.nanoTime();
      c.allReduce(buffer, ReduceOp.SUM, Stream.NONE).await();
      seconds[Math.max(0, round)] = (System.nanoTime() - from) / 1e9;
    }
    Arrays.sort(seconds);
    return seconds[rounds / 2];
  }

  private static Buffer filled(NcclCommunicator c, int elements, IntToDoubleFunction of) {
    var inside = Buffer.float32(c.allocate(4L * elements));
    try (var arena = Arena.ofConfined()) {
      var outside = arena.allocate(4L * elements, 64);
      for (int i = 0; i < elements; i++) {
        outside.setAtIndex(JAVA_FLOAT, i, (float) of.applyAsDouble(i));
      }
      c.copy(outside, inside.memory());
    }
    return inside;
  }

  private static float[] onCpu(NcclCommunicator c, Buffer inside) {
    try (var arena = Arena.ofConfined()) {
      MemorySegment outside = arena.allocate(inside.memory().byteSize() / 4 * 4, 64);
      c.copy(inside.memory().asSlice(0, outside.byteSize()), outside);
      return outside.toArray(JAVA_FLOAT);
    }
  }

  private static void check(float[] actual, String what, IntToDoubleFunction expected) {
    for (int i = 0; i < actual.length; i++) {
      if (actual[i] != (float) expected.applyAsDouble(i)) {
        throw new IllegalStateException(
            what
                + " is wrong: element="
                + i
                + " expected="
                + expected.applyAsDouble(i)
                + " actual="
                + actual[i]);
      }
    }
  }
}
