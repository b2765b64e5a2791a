package dev.muster.cli.abort;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.Stream;
import dev.muster.protocol.core.CounterRandom;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Calls of all kinds without end, drawn from a seed, the same on every rank; each result is
 * compared, element by element, with what it must be. Values are small whole numbers, so sums are
 * exact.
 */
final class CallScript implements AutoCloseable {
  /** What a rank needs in its region. */
  static final long BYTES = 4L << 20;

  private static final int ELEMENTS_MAX = 1 << 18;
  private static final int KINDS = 14;

  private final Communicator c;
  private final int rank;
  private final int world;
  private final long seed;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment inRegionA;
  private final MemorySegment inRegionB;
  private final MemorySegment outsideA = arena.allocate(BYTES / 2, 64);
  private final MemorySegment outsideB = arena.allocate(BYTES / 2, 64);

  private long number;
  private long applied;

  CallScript(Communicator c, long seed) {
    this.c = c;
    this.rank = c.rank();
    this.world = c.worldSize();
    this.seed = CounterRandom.mix(seed, "script", c.generation(), 0);
    this.applied = c.committedStep();
    this.inRegionA = c.allocate(BYTES / 2);
    this.inRegionB = c.allocate(BYTES / 2);
  }

  long applied() {
    return applied;
  }

  /** How it ended: {@code revoked}, or what was wrong. */
  String run() {
    try {
      while (true) {
        number++;
        call((int) below("kind", KINDS));
      }
    } catch (GroupRevokedException e) {
      return "revoked";
    } catch (RuntimeException | Error e) {
      return e.toString().replace('\n', ' ');
    }
  }

  private long below(String what, long bound) {
    return CounterRandom.below(bound, CounterRandom.mix(seed, what, number, 0));
  }

  /** Mostly small; sometimes so large that it passes through the stages in chunks. */
  private int elements(int parts) {
    long top = below("size", 8) == 0 ? ELEMENTS_MAX : below("size", 8) < 4 ? 100 : 5_000;
    return (int) Math.max(1, below("elements", top) / parts);
  }

  private void call(int kind) {
    int root = (int) below("root", world);
    switch (kind) {
      case 0, 1 -> agree();
      case 2 -> c.barrier();
      case 3 -> allReduce(elements(1));
      case 4 -> reduce(elements(1), root);
      case 5 -> reduceScatter(elements(1));
      case 6 -> gathered(elements(world), -1);
      case 7 -> gathered(elements(world), root);
      case 8 -> broadcast(elements(1), root);
      case 9 -> scatter(elements(world), root);
      case 10 -> allToAll(elements(world));
      case 11 -> uneven(elements(world * world));
      case 12 -> ring(elements(1));
      default -> pair(elements(1), root);
    }
  }

  private void agree() {
    c.agree(applied + 1);
    applied++;
  }

  private float value(int of, long element) {
    return (of + 1) * 31 % 64 + (number * 7 + element * 3) % 61;
  }

  private Buffer buffer(int elements, boolean output) {
    boolean inRegion = CounterRandom.mix(seed, "place", number, rank) < 0;
    var memory = output ? inRegion ? inRegionB : outsideB : inRegion ? inRegionA : outsideA;
    return Buffer.float32(memory.asSlice(0, 4L * elements));
  }

  private Buffer input(int elements) {
    var buffer = buffer(elements, false);
    for (int e = 0; e < elements; e++) {
      buffer.memory().setAtIndex(ValueLayout.JAVA_FLOAT, e, value(rank, e));
    }
    return buffer;
  }

  private void run(Operation operation) {
    c.run(operation, Stream.NONE).await();
  }

  private void mustBe(Buffer buffer, long at, float expected) {
    float actual = buffer.memory().getAtIndex(ValueLayout.JAVA_FLOAT, at);
    if (actual != expected) {
      throw new IllegalStateException(
          "wrong data: rank=%d call=%d element=%d expected=%s actual=%s"
              .formatted(rank, number, at, expected, actual));
    }
  }

  private float sum(long element) {
    float sum = 0;
    for (int r = 0; r < world; r++) {
      sum += value(r, element);
    }
    return sum;
  }

  private void allReduce(int n) {
    var in = input(n);
    var out = below("in place", 2) == 0 ? in : buffer(n, true);
    run(new Operation.AllReduce(in, out, ReduceOp.SUM));
    for (int e = 0; e < n; e++) {
      mustBe(out, e, sum(e));
    }
  }

  private void reduce(int n, int root) {
    var out = buffer(n, true);
    run(new Operation.Reduce(input(n), out, ReduceOp.SUM, root));
    for (int e = 0; rank == root && e < n; e++) {
      mustBe(out, e, sum(e));
    }
  }

  private void reduceScatter(int n) {
    var slice = Slices.of(n, rank, world);
    var out = buffer((int) slice.count(), true);
    run(new Operation.ReduceScatter(input(n), out, ReduceOp.SUM));
    for (int e = 0; e < slice.count(); e++) {
      mustBe(out, e, sum(slice.from() + e));
    }
  }

  /**
   * @param root -1 for all
   */
  private void gathered(int n, int root) {
    var out = buffer(n * world, true);
    var in = input(n);
    run(root < 0 ? new Operation.AllGather(in, out) : new Operation.Gather(in, out, root));
    for (int r = 0; (root < 0 || rank == root) && r < world; r++) {
      for (int e = 0; e < n; e++) {
        mustBe(out, (long) r * n + e, value(r, e));
      }
    }
  }

  private void broadcast(int n, int root) {
    var buffer = input(n);
    run(new Operation.Broadcast(buffer, root));
    for (int e = 0; e < n; e++) {
      mustBe(buffer, e, value(root, e));
    }
  }

  private void scatter(int n, int root) {
    var out = buffer(n, true);
    run(new Operation.Scatter(input(n * world), out, root));
    for (int e = 0; e < n; e++) {
      mustBe(out, e, value(root, (long) rank * n + e));
    }
  }

  private void allToAll(int n) {
    var out = buffer(n * world, true);
    run(new Operation.AllToAll(input(n * world), out));
    for (int r = 0; r < world; r++) {
      for (int e = 0; e < n; e++) {
        mustBe(out, (long) r * n + e, value(r, (long) rank * n + e));
      }
    }
  }

  /** From rank r to rank t go n * (r + t) elements, none from 0 to 0. */
  private void uneven(int n) {
    long[] give = new long[world];
    long[] take = new long[world];
    for (int r = 0; r < world; r++) {
      give[r] = (long) n * (rank + r);
      take[r] = (long) n * (r + rank);
    }
    var out = buffer(total(take), true);
    run(new Operation.AllToAllUneven(input(total(give)), give, out, take));
    long at = 0;
    for (int r = 0; r < world; r++) {
      long from = 0;
      for (int before = 0; before < rank; before++) {
        from += (long) n * (r + before);
      }
      for (int e = 0; e < take[r]; e++) {
        mustBe(out, at++, value(r, from + e));
      }
    }
  }

  private static int total(long[] counts) {
    return (int) java.util.Arrays.stream(counts).sum();
  }

  private void ring(int n) {
    int to = (rank + 1) % world;
    int from = (rank + world - 1) % world;
    var out = buffer(n, true);
    run(new Operation.SendReceive(input(n), to, out, from));
    for (int e = 0; e < n; e++) {
      mustBe(out, e, value(from, e));
    }
  }

  private void pair(int n, int sender) {
    int receiver = (sender + 1) % world;
    if (rank == sender) {
      run(new Operation.Send(input(n), receiver));
    } else if (rank == receiver) {
      var out = buffer(n, true);
      run(new Operation.Receive(out, sender));
      for (int e = 0; e < n; e++) {
        mustBe(out, e, value(sender, e));
      }
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
