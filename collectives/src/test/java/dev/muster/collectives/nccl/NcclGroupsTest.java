package dev.muster.collectives.nccl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.AgreementContract;
import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.GroupsContract;
import dev.muster.collectives.LaneContract;
import dev.muster.collectives.Operation;
import dev.muster.collectives.RankThreads;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.Stream;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** All of NCCL's side that needs no GPU, on fake ones whose memory is that of the process. */
class NcclGroupsTest {
  @BeforeAll
  static void build() throws Exception {
    FakeGpus.build();
  }

  /** Nothing is left behind, and no rule was broken, whatever a test did. */
  @AfterEach
  void assertClean() {
    FakeGpus.fail(-1, 0);
    assertThat(FakeGpus.misuses()).as("calls against NCCL's rules").isZero();
    RankThreads.await(
        "communicators and streams end",
        () -> FakeGpus.liveCommunicators() == 0 && FakeGpus.liveStreams() == 0);
  }

  @Nested
  class Lanes extends LaneContract {
    @Override
    protected Groups groups() {
      return new NcclGroups(new SharedMemoryGroups(), 0);
    }
  }

  @Nested
  class Agreement extends AgreementContract {
    /** The group of the CPU agrees: its own tests play more. */
    @Override
    protected int rounds() {
      return 10;
    }

    @Override
    protected Groups groups() {
      return new NcclGroups(new SharedMemoryGroups(), 0);
    }
  }

  @Nested
  class Operations extends GroupsContract {
    private static final int WORLD = 3;

    @Override
    protected Groups groups() {
      return new NcclGroups(new SharedMemoryGroups(), 0);
    }

    /** Elements are small whole numbers: exact in every type, in any order. */
    private static Buffer buffer(Communicator c, DType dtype, int elements, IntUnaryOperator of) {
      var buffer = new Buffer(c.allocate((long) elements * dtype.sizeBytes()), dtype);
      Numbers.write(buffer, of);
      return buffer;
    }

    private static void run(Communicator c, Operation operation) {
      c.run(operation, c.rank() == 1 ? Stream.OWN : Stream.NONE).await();
    }

    @Test
    void givenEveryTypeAndOperation_whenReduced_thenEveryRankHasTheResult() {
      ranks.run(
          spec(WORLD),
          c -> {
            for (DType dtype : DType.values()) {
              for (ReduceOp op : ReduceOp.values()) {
                IntUnaryOperator expected = i -> Numbers.reduced(op, WORLD, r -> r + 1 + i % 2);
                var input = buffer(c, dtype, 1_001, i -> c.rank() + 1 + i % 2);
                var all = buffer(c, dtype, 1_001, i -> 0);
                run(c, new Operation.AllReduce(input, all, op));
                Numbers.check(all, expected);
                var slice = Slices.of(1_001, c.rank(), WORLD); // 334, 334, 333
                var own = buffer(c, dtype, (int) slice.count(), i -> 0);
                run(c, new Operation.ReduceScatter(input, own, op));
                Numbers.check(own, i -> expected.applyAsInt((int) slice.from() + i));
                run(c, new Operation.Reduce(input, c.rank() == 2 ? all : null, op, 2));
                Numbers.check(all, expected);
                Numbers.check(input, i -> c.rank() + 1 + i % 2);
              }
            }
            return null;
          });
    }

    @Test
    void givenData_whenMoved_thenItIsWhereItBelongs() {
      ranks.run(
          spec(WORLD),
          c -> {
            int rank = c.rank();
            var own = buffer(c, DType.INT32, 10, i -> 100 * rank + i);
            var all = buffer(c, DType.INT32, 30, i -> 0);
            run(c, new Operation.AllGather(own, all));
            Numbers.check(all, i -> 100 * (i / 10) + i % 10);
            var gathered = buffer(c, DType.INT32, 30, i -> -1);
            run(c, new Operation.Gather(own, rank == 1 ? gathered : null, 1));
            Numbers.check(gathered, i -> rank == 1 ? 100 * (i / 10) + i % 10 : -1);
            var part = buffer(c, DType.INT32, 10, i -> 0);
            run(c, new Operation.Scatter(rank == 1 ? gathered : null, part, 1));
            Numbers.check(part, i -> 100 * rank + i);
            var word = buffer(c, DType.UINT8, 5, i -> rank == 2 ? 7 : 0);
            run(c, new Operation.Broadcast(word, 2));
            Numbers.check(word, i -> 7);
            var out = buffer(c, DType.INT32, 6, i -> 10 * rank + i / 2);
            var in = buffer(c, DType.INT32, 6, i -> 0);
            run(c, new Operation.AllToAll(out, in));
            Numbers.check(in, i -> 10 * (i / 2) + rank);
            int next = (rank + 1) % WORLD;
            int before = (rank + 2) % WORLD;
            run(c, new Operation.SendReceive(own, next, part, before));
            Numbers.check(part, i -> 100 * before + i);
            c.barrier().await();
            return null;
          });
    }

    /** Rank r sends r + t elements to rank t. */
    @Test
    void givenUnevenParts_whenExchanged_thenEachRankHasItsOwnFromAll() {
      ranks.run(
          spec(WORLD),
          c -> {
            int rank = c.rank();
            long[] counts = IntStream.range(0, WORLD).mapToLong(t -> rank + t).toArray();
            int total = (int) java.util.Arrays.stream(counts).sum();
            var out = buffer(c, DType.INT64, total, i -> rank);
            var in = buffer(c, DType.INT64, total, i -> -1);
            run(c, new Operation.AllToAllUneven(out, counts, in, counts));
            var expected = new ArrayList<Integer>();
            for (int giver = 0; giver < WORLD; giver++) {
              expected.addAll(java.util.Collections.nCopies(giver + rank, giver));
            }
            Numbers.check(in, expected::get);
            return null;
          });
    }

    @Test
    void givenMemoryOfTheCpu_whenUsed_thenItIsRefusedAndCanBeCopied() {
      ranks.run(
          spec(2),
          c -> {
            try (var arena = Arena.ofConfined()) {
              var outside = new Buffer(arena.allocate(4 * 8, 64), DType.INT32);
              Numbers.write(outside, i -> i + c.rank());
              assertThatThrownBy(() -> c.allReduce(outside))
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessageContaining("not memory of a device");
              var inside = buffer(c, DType.INT32, 8, i -> 0);
              ((NcclCommunicator) c).copy(outside.memory(), inside.memory());
              c.allReduce(inside);
              ((NcclCommunicator) c).copy(inside.memory(), outside.memory());
              Numbers.check(outside, i -> 2 * i + 1);
            }
            return null;
          });
    }
  }

  @Nested
  class Ends extends GroupsContract {
    @Override
    protected Groups groups() {
      return new NcclGroups(new SharedMemoryGroups(), 0);
    }

    private static Buffer ones(Communicator c) {
      var buffer = new Buffer(c.allocate(4_000), DType.INT32);
      Numbers.write(buffer, i -> 1);
      return buffer;
    }

    /** Rank 0 never calls; someone outside says so while the others wait in NCCL. */
    @Test
    void givenARankThatNeverArrives_whenRevoked_thenSurvivorsLeaveNcclAndBuildAnew() {
      var spec = spec(3);
      CompletableFuture<Void> over = new CompletableFuture<>();
      var waiting = List.of(new CompletableFuture<Void>(), new CompletableFuture<Void>());
      try (var monitor = groups.monitor(spec)) {
        var all =
            ranks.start(
                spec,
                c -> {
                  if (c.rank() == 0) {
                    return over.join();
                  }
                  var work = c.allReduce(ones(c), ReduceOp.SUM, Stream.OWN);
                  waiting.get(c.rank() - 1).complete(null);
                  work.await();
                  return null;
                });
        waiting.forEach(CompletableFuture::join);
        monitor.revoke("rank 0 was killed");
        for (var survivor : all.subList(1, 3)) {
          assertThat(RankThreads.failure(survivor))
              .isInstanceOf(GroupRevokedException.class)
              .hasMessageContaining("reason=rank 0 was killed");
        }
        over.complete(null);
        assertThat(RankThreads.failure(all.getFirst())).isNull();
      }
      ranks.run(
          spec("dp", 2, 2),
          c -> {
            var buffer = ones(c);
            c.allReduce(buffer);
            Numbers.check(buffer, i -> 2);
            return null;
          });
    }

    /** NCCL makes a communicator only of all: the word that one is missing comes past it. */
    @Test
    void givenRanksInNcclsOwnStart_whenRevoked_thenTheyLeave() {
      var spec = spec(2);
      var plain = new SharedMemoryGroups();
      var half = new NcclGroups(new HalfJoined(plain), 0);
      try (var ranksOfHalf = new RankThreads(half);
          var monitor = half.monitor(spec)) {
        var first = ranksOfHalf.start(spec, 0, c -> null);
        var second =
            ranksOfHalf.start(spec, 1, c -> null); // fails after the group of the CPU joined
        assertThat(RankThreads.failure(second)).hasMessageContaining("no GPU today");
        assertThat(RankThreads.failure(first))
            .isInstanceOf(GroupRevokedException.class)
            .hasMessageContaining("no GPU today");
        assertThat(monitor.revoked()).isTrue();
      }
    }

    @Test
    void givenAnErrorOfNccl_whenSeen_thenTheGroupEndsAndTheRankIsNamed() {
      ranks.run(
          spec(2),
          c -> {
            c.barrier().await();
            if (c.rank() == 1) {
              FakeGpus.fail(1, 6);
              assertThatThrownBy(() -> c.allReduce(ones(c)))
                  .isInstanceOf(NcclException.class)
                  .hasMessageContaining("group=dp generation=1 rank=1 code=6 a fake NCCL error");
            } else {
              assertThatThrownBy(() -> reduceForEver(c))
                  .isInstanceOf(GroupRevokedException.class)
                  .hasMessageContaining("rank=1 code=6");
            }
            return null;
          });
    }

    private static void reduceForEver(Communicator c) {
      for (var buffer = ones(c); ; ) {
        c.allReduce(buffer);
      }
    }

    /** One after the other could wait for each other's peers. */
    @Test
    void givenTwoGroupsOfAProcess_whenOneEnds_thenBothAreAbortedInOneCall() {
      var both =
          List.of(
              new NcclGroups(new SharedMemoryGroups(), 0),
              new NcclGroups(new SharedMemoryGroups(), 1)); // a process each
      CompletableFuture<Void> started = new CompletableFuture<>();
      try (var threads = java.util.concurrent.Executors.newFixedThreadPool(2)) {
        var done =
            IntStream.range(0, 2)
                .mapToObj(rank ->
                    threads.submit(() -> {
                      try (var dp = both.get(rank).join(spec("dp", 1, 2), rank);
                          var tp = both.get(rank).join(spec("tp", 1, 2), rank)) {
                        if (rank == 1) {
                          started.join();
                          dp.abort("enough");
                          assertThatThrownBy(() -> tp.barrier())
                              .isInstanceOf(GroupRevokedException.class);
                          return;
                        }
                        var inDp = dp.allReduce(ones(dp), ReduceOp.SUM, Stream.OWN);
                        var inTp = tp.allReduce(ones(tp), ReduceOp.SUM, Stream.OWN);
                        started.complete(null);
                        assertThatThrownBy(inDp::await).isInstanceOf(GroupRevokedException.class);
                        assertThatThrownBy(inTp::await).isInstanceOf(GroupRevokedException.class);
                      }
                    }))
                .toList();
        for (var each : done) {
          try {
            each.get();
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        }
      }
      assertThat(FakeGpus.mostAbortsInAGroup()).isGreaterThanOrEqualTo(2);
    }
  }

  @Nested
  class Children extends GroupsContract {
    private NcclGroups nccl;

    @Override
    protected Groups groups() {
      nccl = new NcclGroups(new SharedMemoryGroups(), 0);
      return nccl;
    }

    @Test
    void givenAGroupOfFour_whenSplit_thenEachHalfIsAGroupInTheOrderAskedFor() {
      ranks.run(
          spec(4),
          c -> {
            int color = c.rank() % 2;
            var half = spec("half" + color, 1, 2);
            int rank = 1 - c.rank() / 2; // the other way round
            try (var child = nccl.split((NcclCommunicator) c, half, rank, color)) {
              var own = new Buffer(child.allocate(4), DType.INT32);
              Numbers.write(own, i -> c.rank());
              var all = new Buffer(child.allocate(8), DType.INT32);
              child.allGather(own, all, Stream.NONE).await();
              Numbers.check(all, i -> i == 0 ? 2 + color : color);
            }
            c.barrier().await();
            return null;
          });
    }

    /** Rank 1 is lost while the others wait for it. */
    @Test
    void givenALostRank_whenShrunk_thenTheOthersGoOnWithoutANewIdAndTheOldResultIsNone() {
      CompletableFuture<Void> over = new CompletableFuture<>();
      var left = new java.util.concurrent.CountDownLatch(2);
      var all =
          ranks.start(
              spec(3),
              c -> {
                if (c.rank() == 1) {
                  return over.join();
                }
                var parent = (NcclCommunicator) c;
                var buffer = new Buffer(c.allocate(4), DType.INT32);
                Numbers.write(buffer, i -> 1);
                var lost = c.allReduce(buffer, ReduceOp.SUM, Stream.OWN);
                try (var child = nccl.shrink(parent, spec("dp", 2, 2), c.rank() / 2, 1)) {
                  assertThatThrownBy(lost::await).isInstanceOf(GroupRevokedException.class);
                  var ones = new Buffer(child.allocate(4), DType.INT32);
                  Numbers.write(ones, i -> 1);
                  child.allReduce(ones);
                  Numbers.check(ones, i -> 2);
                }
                left.countDown();
                return null;
              });
      assertThat(RankThreads.failure(all.get(0))).isNull();
      assertThat(RankThreads.failure(all.get(2))).isNull();
      over.complete(null);
      assertThat(RankThreads.failure(all.get(1))).isNull();
    }
  }

  @Nested
  class Versions {
    @AfterEach
    void restore() {
      FakeGpus.version(22_903);
    }

    @Test
    void givenAnOldNccl_whenGroupsAreMade_thenTheyAreRefusedWithWhatIsNeeded() {
      FakeGpus.version(21_605);
      assertThatThrownBy(() -> new NcclGroups(new SharedMemoryGroups(), 0))
          .isInstanceOf(NcclException.class)
          .hasMessage("NCCL is too old: version=2.16.5; install 2.18.0 or newer");
    }

    @Test
    void givenTheFake_whenAsked_thenItCanBeUsed() {
      assertThat(NcclLibrary.missing()).isEmpty();
      assertThat(NcclLibrary.words(NcclLibrary.version())).isEqualTo("2.29.3");
      assertThat(NcclLibrary.devices()).isEqualTo(8);
    }
  }
}
