package dev.muster.collectives.hosts;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.DType;
import dev.muster.collectives.Movement;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.reduce.Reduction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Reductions of medium size in two trips between hosts, however many there are: each rank reduces
 * one slice of all inputs, which come straight from their ranks, and gives the result to those that
 * want it. The inputs arrive as they are, so the order is that of {@link Chain}, and so are the
 * bits. Moves more than a chain does, and waits less. One thread.
 */
final class Direct {
  private final Place place;
  private final Moves moves;
  private final Reduction reduction;
  private final Scratch inputs;
  private final Scratch result;

  Direct(Place place, Moves moves, Reduction reduction, Arena arena) {
    this.place = place;
    this.moves = moves;
    this.reduction = reduction;
    this.inputs = new Scratch(arena);
    this.result = new Scratch(arena);
  }

  void run(Buffer input, Buffer output, ReduceOp op, Chain.Results results) {
    int width = input.dtype().sizeBytes();
    var own = slice(input, place.rank());
    var gathered = inputs.of(own.count() * width * place.worldSize());
    moves.move(toOwners(input, width), input, Scratch.bytes(gathered));
    var reduced = result.of(own.count() * width);
    reduce(input.dtype(), op, gathered, reduced);
    var out = output == null ? Scratch.bytes(MemorySegment.NULL) : output;
    moves.move(toTakers(input, width, results), Scratch.bytes(reduced), out);
  }

  private Slices slice(Buffer input, int owner) {
    return Slices.of(input.elements(), owner, place.worldSize());
  }

  private void reduce(DType dtype, ReduceOp op, MemorySegment gathered, MemorySegment reduced) {
    var sources = new MemorySegment[place.worldSize()];
    Arrays.fill(sources, gathered);
    long[] offsets =
        Arrays.stream(place.order()).mapToLong(rank -> rank * reduced.byteSize()).toArray();
    reduction.reduce(dtype, op, sources, offsets, 0, reduced.byteSize(), reduced, 0);
  }

  /** Slice r of every input to rank r. */
  private Movement toOwners(Buffer input, int width) {
    var bytes = new long[place.worldSize()][place.worldSize()];
    for (int owner = 0; owner < place.worldSize(); owner++) {
      for (var giver : bytes) {
        giver[owner] = slice(input, owner).count() * width;
      }
    }
    return Movement.uneven(bytes);
  }

  /** From each owner what a rank wants of its slice, to its place there. */
  private Movement toTakers(Buffer input, int width, Chain.Results results) {
    return new Movement() {
      private Slices wanted(int giver, int taker) {
        var slice = slice(input, giver);
        var wanted = results.toAll() ? new Slices(0, input.elements()) : results.of(taker);
        long from = Math.max(slice.from(), wanted.from());
        return new Slices(from, Math.max(from, Math.min(slice.to(), wanted.to())));
      }

      @Override
      public long bytes(int giver, int taker) {
        return wanted(giver, taker).count() * width;
      }

      @Override
      public long from(int giver, int taker) {
        return (wanted(giver, taker).from() - slice(input, giver).from()) * width;
      }

      @Override
      public long to(int giver, int taker) {
        long start = results.toAll() ? 0 : results.of(taker).from();
        return (wanted(giver, taker).from() - start) * width;
      }

      @Override
      public long largestInput() {
        return slice(input, 0).count() * width;
      }
    };
  }
}
