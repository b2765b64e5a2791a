package dev.muster.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Data of all operations in one random sequence: any kind follows any other, with any size, type
 * and placement, in place and out of place, and nothing is mixed up.
 */
public abstract class OperationsContract extends GroupsContract {
  private static final long SEED = Long.getLong("muster.seed", 20_261_122);
  private static final int COUNT = Integer.getInteger("muster.operations", 60);
  private static final int LARGE = Integer.getInteger("muster.elements", 300_000);

  /** What all ranks draw alike. */
  private record Drawn(
      int number, int kind, DType dtype, ReduceOp op, int elements, int root, boolean inPlace) {
    static Drawn of(int number, int worldSize) {
      var random = new SplittableRandom(SEED * 31 + number * 1_009L + worldSize);
      int limit = random.nextInt(8) == 0 ? LARGE / worldSize : 3_000;
      return new Drawn(
          number,
          random.nextInt(11),
          DType.values()[random.nextInt(DType.values().length)],
          ReduceOp.values()[random.nextInt(ReduceOp.values().length)],
          random.nextInt(10) == 0 ? 0 : random.nextInt(limit),
          random.nextInt(worldSize),
          random.nextBoolean());
    }

    byte[] input(int rank, int elements) {
      return Expected.input(SEED + number, rank, dtype, elements);
    }

    /** Elements that one rank sends to another in an uneven exchange. */
    int count(int giver, int taker) {
      var random = new SplittableRandom(SEED + number * 7_919L + giver * 101L + taker);
      return random.nextInt(4) == 0 ? 0 : random.nextInt(elements + 1);
    }

    String replay(int worldSize) {
      return "%s worldSize=%d; again with -Dmuster.seed=%d".formatted(this, worldSize, SEED);
    }
  }

  /** One rank's part in all of them. */
  private final class Rank {
    private final Communicator c;
    private final Arena arena;
    private final int rank;
    private final int worldSize;
    private final SplittableRandom streams;

    Rank(Communicator c, Arena arena) {
      this.c = c;
      this.arena = arena;
      this.rank = c.rank();
      this.worldSize = c.worldSize();
      this.streams = new SplittableRandom(SEED * 64 + rank);
    }

    void perform(Drawn d) {
      switch (d.kind) {
        case 0 -> allReduce(d);
        case 1 -> reduce(d);
        case 2 -> reduceScatter(d);
        case 3 -> allGather(d);
        case 4 -> gather(d);
        case 5 -> broadcast(d);
        case 6 -> scatter(d);
        case 7 -> allToAll(d);
        case 8 -> uneven(d);
        case 9 -> ring(d);
        default -> pair(d);
      }
    }

    /** Inside the region or outside, as each rank and call draws. */
    private Buffer buffer(Drawn d, long elements) {
      boolean inside = new SplittableRandom(d.number * 64L + rank).nextInt(3) > 0;
      long bytes = elements * d.dtype.sizeBytes();
      return new Buffer(inside ? c.allocate(bytes) : arena.allocate(bytes, 64), d.dtype);
    }

    private Buffer filledWith(Drawn d, byte[] bytes) {
      return filled(buffer(d, bytes.length / d.dtype.sizeBytes()), bytes);
    }

    /** Inside the call or beside it, as each rank draws by itself. */
    private void run(Operation operation) {
      c.run(operation, streams.nextBoolean() ? Stream.OWN : Stream.NONE).await();
    }

    private void check(Drawn d, Buffer actual, byte[] expected) {
      assertThat(Arrays.mismatch(bytes(actual), expected)).as(d.replay(worldSize)).isEqualTo(-1);
    }

    private byte[] reduced(Drawn d) {
      return Expected.reduced(r -> d.input(r, d.elements), worldSize, d.dtype, d.op);
    }

    private void allReduce(Drawn d) {
      var input = filledWith(d, d.input(rank, d.elements));
      var output = d.inPlace ? input : buffer(d, d.elements);
      run(new Operation.AllReduce(input, output, d.op));
      check(d, output, reduced(d));
    }

    private void reduce(Drawn d) {
      byte[] own = d.input(rank, d.elements);
      var input = filledWith(d, own);
      var output = rank != d.root ? null : d.inPlace ? input : buffer(d, d.elements);
      run(new Operation.Reduce(input, output, d.op, d.root));
      check(d, rank == d.root ? output : input, rank == d.root ? reduced(d) : own);
    }

    private void reduceScatter(Drawn d) {
      var slice = Slices.of(d.elements, rank, worldSize);
      var input = filledWith(d, d.input(rank, d.elements));
      var output = d.inPlace ? input.slice(slice.from(), slice.to()) : buffer(d, slice.count());
      run(new Operation.ReduceScatter(input, output, d.op));
      int width = d.dtype.sizeBytes();
      check(
          d,
          output,
          Arrays.copyOfRange(reduced(d), (int) slice.from() * width, (int) slice.to() * width));
    }

    private byte[] joined(IntFunction<byte[]> parts) {
      var all = new ByteArrayOutputStream();
      for (int peer = 0; peer < worldSize; peer++) {
        all.writeBytes(parts.apply(peer));
      }
      return all.toByteArray();
    }

    private static byte[] part(byte[] whole, int part, int parts) {
      int length = whole.length / parts;
      return Arrays.copyOfRange(whole, part * length, (part + 1) * length);
    }

    private void allGather(Drawn d) {
      var output = buffer(d, (long) d.elements * worldSize);
      long from = (long) rank * d.elements;
      var input = d.inPlace ? output.slice(from, from + d.elements) : buffer(d, d.elements);
      filled(input, d.input(rank, d.elements));
      run(new Operation.AllGather(input, output));
      check(d, output, joined(peer -> d.input(peer, d.elements)));
    }

    private void gather(Drawn d) {
      var input = filledWith(d, d.input(rank, d.elements));
      var output = rank == d.root ? buffer(d, (long) d.elements * worldSize) : null;
      run(new Operation.Gather(input, output, d.root));
      if (rank == d.root) {
        check(d, output, joined(peer -> d.input(peer, d.elements)));
      }
    }

    private void broadcast(Drawn d) {
      var buffer = filledWith(d, d.input(rank, d.elements));
      run(new Operation.Broadcast(buffer, d.root));
      check(d, buffer, d.input(d.root, d.elements));
    }

    private void scatter(Drawn d) {
      byte[] all = d.input(d.root, d.elements * worldSize);
      var input = rank == d.root ? filledWith(d, all) : null;
      long from = (long) rank * d.elements;
      boolean inPlace = d.inPlace && input != null;
      var output = inPlace ? input.slice(from, from + d.elements) : buffer(d, d.elements);
      run(new Operation.Scatter(input, output, d.root));
      check(d, output, part(all, rank, worldSize));
    }

    private void allToAll(Drawn d) {
      int all = d.elements * worldSize;
      var input = filledWith(d, d.input(rank, all));
      var output = buffer(d, all);
      run(new Operation.AllToAll(input, output));
      check(d, output, joined(giver -> part(d.input(giver, all), rank, worldSize)));
    }

    private void uneven(Drawn d) {
      var gives = new long[worldSize];
      var takes = new long[worldSize];
      for (int peer = 0; peer < worldSize; peer++) {
        gives[peer] = d.count(rank, peer);
        takes[peer] = d.count(peer, rank);
      }
      var input = filledWith(d, joined(taker -> d.input(rank * 64 + taker, (int) gives[taker])));
      var output = buffer(d, Arrays.stream(takes).sum());
      run(new Operation.AllToAllUneven(input, gives, output, takes));
      check(d, output, joined(giver -> d.input(giver * 64 + rank, (int) takes[giver])));
    }

    /** All send to the next one and receive from the one before, at once. */
    private void ring(Drawn d) {
      if (worldSize == 1) {
        return;
      }
      int before = (rank + worldSize - 1) % worldSize;
      var input = filledWith(d, d.input(rank, d.elements));
      var output = buffer(d, d.elements);
      run(new Operation.SendReceive(input, (rank + 1) % worldSize, output, before));
      check(d, output, d.input(before, d.elements));
    }

    /** Two messages follow each other from one rank to the next; the others go on. */
    private void pair(Drawn d) {
      int receiver = (d.root + 1) % worldSize;
      if (worldSize == 1 || rank != d.root && rank != receiver) {
        return;
      }
      for (int message = 0; message < 2; message++) {
        byte[] bytes = d.input(message, d.elements);
        if (rank == d.root) {
          run(new Operation.Send(filledWith(d, bytes), receiver));
        } else {
          var buffer = buffer(d, d.elements);
          run(new Operation.Receive(buffer, d.root));
          check(d, buffer, bytes);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 16})
  void givenARandomSequence_whenAllRanksPerformIt_thenEachHasTheExpectedBits(int worldSize) {
    for (int from = 0;
        from < COUNT;
        from += 20) { // groups of their own: memory is never given back
      int first = from;
      ranks.run(
          spec("dp", 1 + from, worldSize),
          communicator -> {
            try (var arena = Arena.ofShared()) {
              var rank = new Rank(communicator, arena);
              for (int number = first; number < Math.min(first + 20, COUNT); number++) {
                rank.perform(Drawn.of(number, worldSize));
              }
            }
            return null;
          });
    }
  }

  @Test
  void givenUnevenCountsThatDiffer_whenExchanged_thenTheErrorNamesBothSides() {
    var spec = spec(2);
    var failures =
        ranks
            .<Void>start(
                spec,
                communicator -> {
                  var counts = communicator.rank() == 0 ? new long[] {0, 3} : new long[] {2, 0};
                  var other = communicator.rank() == 0 ? new long[] {0, 2} : new long[] {4, 0};
                  try (var arena = Arena.ofShared()) {
                    var input = Buffer.float32(arena.allocate(4 * Arrays.stream(counts).sum(), 64));
                    var output = Buffer.float32(arena.allocate(4 * Arrays.stream(other).sum(), 64));
                    communicator.run(
                        new Operation.AllToAllUneven(input, counts, output, other), Stream.NONE);
                  }
                  return null;
                })
            .stream()
            .map(RankThreads::failure)
            .toList();
    String text = "rank 0 sends 3 elements to rank 1, which expects 4";
    assertThat(failures.get(1)).hasMessageContaining(text);
    if (failures.get(0) != null) { // it may have been done by then
      assertThat(failures.get(0)).hasMessageContaining(text);
    }
  }

  @Test
  void givenAMessageOfAnotherSize_whenReceived_thenTheErrorNamesBothSides() {
    var failures =
        ranks
            .<Void>start(
                spec(2),
                communicator -> {
                  try (var arena = Arena.ofShared()) {
                    var memory = arena.allocate(64, 64);
                    communicator.run(
                        communicator.rank() == 0
                            ? new Operation.Send(Buffer.float32(memory), 1)
                            : new Operation.Receive(new Buffer(memory, DType.INT64), 0),
                        Stream.NONE);
                    communicator.barrier().await();
                  }
                  return null;
                })
            .stream()
            .map(RankThreads::failure)
            .toList();
    assertThat(failures)
        .allSatisfy(e ->
            assertThat(e)
                .hasMessageContaining(
                    "rank 0 sends 64 bytes of FLOAT32, rank 1 expects 64 bytes of INT64"));
  }

  @Test
  void givenArgumentsThatDoNotFit_whenRun_thenNobodyIsDisturbed() {
    ranks.run(
        spec(2),
        communicator -> {
          try (var arena = Arena.ofShared()) {
            var three = Buffer.float32(arena.allocate(12, 64));
            var four = Buffer.float32(arena.allocate(16, 64));
            for (var bad :
                List.of(
                    new Operation.AllReduce(three, four, ReduceOp.SUM),
                    new Operation.AllToAll(three, three),
                    new Operation.AllToAll(four, four),
                    new Operation.Reduce(four, null, ReduceOp.SUM, communicator.rank()),
                    new Operation.Scatter(four, four, communicator.rank()),
                    new Operation.AllToAllUneven(four, new long[] {1, 2}, three, new long[] {1, 2}),
                    new Operation.Send(four, communicator.rank()),
                    new Operation.Broadcast(four, 2))) {
              assertThatThrownBy(() -> communicator.run(bad, Stream.NONE))
                  .as(bad.toString())
                  .isInstanceOf(IllegalArgumentException.class);
            }
            MemorySegment memory = communicator.allocate(4);
            communicator.allReduce(Buffer.float32(memory));
          }
          return null;
        });
  }
}
