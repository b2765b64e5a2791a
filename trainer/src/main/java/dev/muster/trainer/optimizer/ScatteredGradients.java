package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.Stream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The gradients of all parameters, {@code float32[layout.floats]} in the group's shared memory, of
 * which each rank gets the sum of its own rows only: half of an all-reduce. Step thread only.
 *
 * <p>{@code reduceScatter} cuts them into slices of equal size, which do not end where rows end.
 * The few elements of a rank's rows outside its slice, its <em>edges</em>, are summed beside it:
 * every rank copies all ranks' edges together before, and an all-reduce of these, the loss behind
 * them, completes the sum.
 */
final class ScatteredGradients {
  private static final int ALIGNED_FLOATS = 16;

  private final Communicator communicator;
  private final MemorySegment flat;
  private final List<MemorySegment> bySlot;
  private final List<Range> owned; // by rank
  private final List<Edge> edges = new ArrayList<>();
  private final MemorySegment together; // all edges, one after the other, and the loss

  /** Elements of the flat buffer: the rows of one rank with the padding between their slots. */
  private record Range(long from, long to) {
    MemorySegment of(MemorySegment flat) {
      return flat.asSlice(from * Float.BYTES, (to - from) * Float.BYTES);
    }
  }

  private record Edge(int owner, Range range) {}

  ScatteredGradients(Communicator communicator, Layout layout) {
    this.communicator = communicator;
    this.flat = communicator.allocate((long) layout.floats() * Float.BYTES);
    this.bySlot = layout.slots().stream().map(slot -> ModelState.slice(flat, slot)).toList();
    this.owned = new ArrayList<>();
    for (int rank = 0; rank < communicator.worldSize(); rank++) {
      Range rows = rows(Shard.of(layout, rank, communicator.worldSize()));
      Slices slice = Slices.of(layout.floats(), rank, communicator.worldSize());
      owned.add(rows);
      addEdge(rank, rows.from, Math.min(rows.to, slice.from()));
      addEdge(rank, Math.max(rows.from, slice.to()), rows.to);
    }
    long elements = edges.stream().mapToLong(e -> e.range.to - e.range.from).sum();
    this.together = communicator.allocate((elements + 1) * Float.BYTES);
  }

  /**
   * Of the shared region, at most: how long edges are depends on the world size, but no element is
   * in two of them.
   */
  static long sharedBytesMax(Layout layout) {
    return 2L * (layout.floats() + ALIGNED_FLOATS) * Float.BYTES;
  }

  private static Range rows(List<Shard> shards) {
    if (shards.isEmpty()) {
      return new Range(0, 0);
    }
    Shard first = shards.getFirst();
    Shard last = shards.getLast();
    return new Range(
        first.slot().offset() + (long) first.from(), last.slot().offset() + (long) last.to());
  }

  private void addEdge(int owner, long from, long to) {
    if (from < to) {
      edges.add(new Edge(owner, new Range(from, to)));
    }
  }

  List<MemorySegment> bySlot() {
    return bySlot;
  }

  /** Before gradients are added up, also before a redone step. */
  void clear() {
    flat.fill((byte) 0);
  }

  /** Ends with the sums of this rank's rows and of the loss; other rows are undefined. */
  float reduce(float lossPart) {
    copyEdges();
    long lossAt = together.byteSize() - Float.BYTES;
    together.set(JAVA_FLOAT, lossAt, lossPart);
    Buffer all = Buffer.float32(flat);
    Slices own = Slices.of(all.elements(), communicator.rank(), communicator.worldSize());
    communicator
        .reduceScatter(all, all.slice(own.from(), own.to()), ReduceOp.SUM, Stream.NONE)
        .await();
    communicator.allReduce(Buffer.float32(together));
    takeOwnEdges();
    return together.get(JAVA_FLOAT, lossAt);
  }

  private void copyEdges() {
    long at = 0;
    for (Edge edge : edges) {
      MemorySegment from = edge.range.of(flat);
      MemorySegment.copy(from, 0, together, at, from.byteSize());
      at += from.byteSize();
    }
  }

  private void takeOwnEdges() {
    long at = 0;
    for (Edge edge : edges) {
      MemorySegment to = edge.range.of(flat);
      if (edge.owner == communicator.rank()) {
        MemorySegment.copy(together, at, to, 0, to.byteSize());
      }
      at += to.byteSize();
    }
  }

  /** Every rank gets what the others have put in place of the gradients of their rows. */
  void gather() {
    for (int owner = 0; owner < owned.size(); owner++) {
      MemorySegment rows = owned.get(owner).of(flat);
      if (rows.byteSize() > 0) {
        communicator.broadcast(Buffer.float32(rows), owner);
      }
    }
  }
}
