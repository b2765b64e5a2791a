package dev.muster.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Data: every collective, world size, type and placement against {@link Expected}, bit by bit on
 * every rank.
 */
public abstract class CollectivesContract extends GroupsContract {
  private static final long SEED = 20_261_101;
  private static final int[] SIZES = {0, 1, 3, 7, 64, 1_001, 4_097, 20_011};

  private record Case(DType dtype, ReduceOp op, int elements, Placement placement, long seed) {
    /** Remembered: all ranks of all tests need the same ones. Not to be changed. */
    byte[] input(int rank) {
      return INPUTS.computeIfAbsent(
          new Key(this, rank), key -> Expected.input(seed, rank, dtype, elements));
    }

    byte[] reduced(int worldSize) {
      return REDUCED.computeIfAbsent(
          new Key(this, worldSize), key -> Expected.reduced(this::input, worldSize, dtype, op));
    }
  }

  private record Key(Case of, int number) {}

  private static final Map<Key, byte[]> INPUTS = new ConcurrentHashMap<>();
  private static final Map<Key, byte[]> REDUCED = new ConcurrentHashMap<>();

  private interface Check {
    void run(Communicator communicator, Memory memory, Case c);
  }

  private static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (DType dtype : DType.values()) {
      for (ReduceOp op : ReduceOp.values()) {
        for (int elements : SIZES) {
          var placement = Placement.values()[cases.size() % 3];
          cases.add(new Case(dtype, op, elements, placement, SEED + cases.size()));
        }
      }
    }
    for (Placement placement : Placement.values()) { // over a megabyte: several chunks where staged
      cases.add(new Case(DType.FLOAT32, ReduceOp.SUM, 270_011, placement, SEED + cases.size()));
    }
    cases.add(new Case(DType.UINT8, ReduceOp.MAX, 1_100_003, Placement.MIXED, SEED + cases.size()));
    return cases;
  }

  private void check(int worldSize, Check check) {
    List<Case> cases = cases();
    ranks.run(
        spec(worldSize),
        communicator -> {
          try (Arena arena = Arena.ofShared()) {
            Memory memory = new Memory(communicator, arena);
            cases.forEach(c -> check.run(communicator, memory, c));
          }
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenAnyTypeAndSize_whenAllReduced_thenEveryRankHasTheBitsOfTheRankOrder(int worldSize) {
    check(
        worldSize,
        (communicator, memory, c) -> {
          Buffer buffer = memory.buffer(communicator, c.placement, c.dtype, c.elements, 1);
          filled(buffer, c.input(communicator.rank()));
          communicator.allReduce(buffer, c.op, Stream.NONE).await();
          assertThat(bytes(buffer)).as("%s", c).isEqualTo(c.reduced(worldSize));
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenAnyTypeAndSize_whenReduceScattered_thenEachRankHasItsSlice(int worldSize) {
    check(
        worldSize,
        (communicator, memory, c) -> {
          Slices own = Slices.of(c.elements, communicator.rank(), worldSize);
          Buffer input = memory.buffer(communicator, c.placement, c.dtype, c.elements, 0);
          boolean inPlace = c.seed % 2 == 0;
          Buffer output =
              inPlace
                  ? input.slice(own.from(), own.to())
                  : memory.buffer(
                      communicator, c.placement, c.dtype, (int) own.count(), c.elements);
          filled(input, c.input(communicator.rank()));
          communicator.reduceScatter(input, output, c.op, Stream.NONE).await();
          int width = c.dtype.sizeBytes();
          assertThat(bytes(output))
              .as("%s", c)
              .isEqualTo(
                  Arrays.copyOfRange(
                      c.reduced(worldSize), (int) own.from() * width, (int) own.to() * width));
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenAnyTypeAndSize_whenAllGathered_thenEveryRankHasAllInputsInRankOrder(int worldSize) {
    check(
        worldSize,
        (communicator, memory, c) -> {
          if ((worldSize + 1L) * c.elements * c.dtype.sizeBytes() > Memory.BYTES) {
            return; // does not fit the test's memory
          }
          int all = c.elements * worldSize;
          Buffer output = memory.buffer(communicator, c.placement, c.dtype, all, 0);
          long from = (long) c.elements * communicator.rank();
          boolean inPlace = c.seed % 2 == 0;
          Buffer input =
              inPlace
                  ? output.slice(from, from + c.elements)
                  : memory.buffer(communicator, c.placement, c.dtype, c.elements, all);
          filled(input, c.input(communicator.rank()));
          communicator.allGather(input, output, Stream.NONE).await();
          byte[] gathered = bytes(output);
          int bytes = c.elements * c.dtype.sizeBytes();
          for (int peer = 0; peer < worldSize; peer++) {
            assertThat(Arrays.copyOfRange(gathered, peer * bytes, (peer + 1) * bytes))
                .as("%s peer=%d", c, peer)
                .isEqualTo(c.input(peer));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenAnyTypeAndSize_whenBroadcast_thenEveryRankHasTheRootsBuffer(int worldSize) {
    check(
        worldSize,
        (communicator, memory, c) -> {
          int root = (int) (c.seed % worldSize);
          Buffer buffer = memory.buffer(communicator, c.placement, c.dtype, c.elements, 3);
          filled(buffer, c.input(communicator.rank()));
          communicator.broadcast(buffer, root, Stream.NONE).await();
          assertThat(bytes(buffer)).as("%s root=%d", c, root).isEqualTo(c.input(root));
        });
  }

  /** A fast rank must not overwrite what a slow one still reads: ranks dawdle at random places. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 8})
  void givenRanksOfUnevenSpeed_whenManySmallCallsFollowEachOther_thenNoneMixesWithAnother(
      int worldSize) {
    ranks.run(
        spec(worldSize),
        communicator -> {
          Random random = new Random(SEED + communicator.rank());
          Buffer buffer = Buffer.float32(communicator.allocate(4 * 257));
          for (int call = 0; call < 1_500; call++) {
            buffer.memory().fill((byte) 0);
            buffer.memory().set(ValueLayout.JAVA_FLOAT, 1024, call + communicator.rank());
            dawdle(random);
            communicator.allReduce(buffer);
            float expected = worldSize * call + worldSize * (worldSize - 1) / 2f;
            assertThat(buffer.memory().get(ValueLayout.JAVA_FLOAT, 1024))
                .as("seed=%d call=%d", SEED, call)
                .isEqualTo(expected);
          }
          return null;
        });
  }

  private static void dawdle(Random random) {
    for (int i = random.nextInt(8) == 0 ? random.nextInt(3_000) : 0; i > 0; i--) {
      Thread.onSpinWait();
    }
    if (random.nextInt(16) == 0) {
      Thread.yield();
    }
  }

  @Test
  void givenTwoGroupsOfTheSameRanks_whenUsedInTurn_thenTheyDoNotDisturbEachOther() {
    ranks.run(
        spec("dp", 1, 3),
        first -> {
          try (Communicator second = groups.join(spec("tp", 1, 3), first.rank())) {
            Buffer a = Buffer.float32(first.allocate(40_000));
            Buffer b = Buffer.float32(second.allocate(40_000));
            for (int call = 1; call <= 50; call++) {
              a.memory().set(ValueLayout.JAVA_FLOAT, 39_996, call);
              b.memory().set(ValueLayout.JAVA_FLOAT, 39_996, -call);
              first.allReduce(a);
              second.allReduce(b);
              assertThat(a.memory().get(ValueLayout.JAVA_FLOAT, 39_996)).isEqualTo(3 * call);
              assertThat(b.memory().get(ValueLayout.JAVA_FLOAT, 39_996)).isEqualTo(-3 * call);
            }
          }
          return null;
        });
  }
}
