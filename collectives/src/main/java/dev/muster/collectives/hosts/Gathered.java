package dev.muster.collectives.hosts;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Movement;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.reduce.Reduction;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Small operations: every rank has all inputs from the meeting, and takes what it wants. */
final class Gathered {
  private final Place place;
  private final Reduction reduction;

  Gathered(Place place, Reduction reduction) {
    this.place = place;
    this.reduction = reduction;
  }

  /**
   * @param all inputs by rank, {@code each} bytes apart
   */
  void finish(Operation operation, MemorySegment all, long each) {
    switch (operation) {
      case Operation.AllReduce o -> reduce(o.input(), o.op(), all, 0, o.output());
      case Operation.Reduce o -> {
        if (place.rank() == o.root()) {
          reduce(o.input(), o.op(), all, 0, o.output());
        }
      }
      case Operation.ReduceScatter o -> {
        var own = Slices.of(o.input().elements(), place.rank(), place.worldSize());
        reduce(o.input(), o.op(), all, own.from() * o.input().dtype().sizeBytes(), o.output());
      }
      default -> take(Movement.of(operation, place.worldSize()), all, each, operation.output());
    }
  }

  private void reduce(Buffer like, ReduceOp op, MemorySegment all, long delta, Buffer output) {
    long each = like.memory().byteSize();
    var sources = new MemorySegment[place.worldSize()];
    Arrays.fill(sources, all);
    long[] offsets = Arrays.stream(place.order()).mapToLong(rank -> rank * each).toArray();
    long bytes = output.memory().byteSize();
    reduction.reduce(like.dtype(), op, sources, offsets, delta, bytes, output.memory(), 0);
  }

  private void take(Movement movement, MemorySegment all, long each, Buffer output) {
    for (int giver = 0; giver < place.worldSize(); giver++) {
      long bytes = movement.bytes(giver, place.rank());
      if (bytes > 0) {
        long from = giver * each + movement.from(giver, place.rank());
        long to = movement.to(giver, place.rank());
        MemorySegment.copy(all, from, output.memory(), to, bytes);
      }
    }
  }
}
