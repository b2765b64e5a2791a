package dev.muster.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Life and death: joining, revoking in every place, dying, agreeing, and calls that differ. */
public abstract class RevokeContract extends GroupsContract {
  /** Every call that can wait, with data in and outside the region, small and large. */
  enum Waiting {
    ALL_REDUCE_SMALL((c, a) -> c.allReduce(outside(a, 100))),
    ALL_REDUCE_LARGE((c, a) -> c.allReduce(Buffer.float32(c.allocate(400_000)))),
    ALL_REDUCE_STAGED((c, a) -> c.allReduce(outside(a, 400_000))),
    REDUCE_SCATTER((c, a) -> {
      Buffer input = outside(a, 100_000);
      Slices own = Slices.of(100_000, c.rank(), c.worldSize());
      c.reduceScatter(input, input.slice(own.from(), own.to()), ReduceOp.SUM, Stream.NONE).await();
    }),
    ALL_GATHER((c, a) ->
        c.allGather(outside(a, 50_000), outside(a, 50_000 * c.worldSize()), Stream.NONE).await()),
    BROADCAST((c, a) -> c.broadcast(outside(a, 50_000), 0)),
    BESIDE_THE_CALLER((c, a) -> c.allReduce(outside(a, 50_000), ReduceOp.SUM, Stream.OWN).await()),
    BARRIER((c, a) -> c.barrier().await()),
    AGREE((c, a) -> c.agree(START_STEP + 1));

    private final BiConsumer<Communicator, Arena> call;

    Waiting(BiConsumer<Communicator, Arena> call) {
      this.call = call;
    }

    void run(Communicator communicator) {
      try (Arena arena = Arena.ofShared()) {
        call.accept(communicator, arena);
      }
    }

    private static Buffer outside(Arena arena, int elements) {
      return Buffer.float32(arena.allocate(4L * elements, 64));
    }
  }

  /**
   * Rank 0 dies, that is it never arrives; the others wait in a call until someone outside says so.
   */
  @ParameterizedTest
  @EnumSource(Waiting.class)
  void givenARankThatNeverArrives_whenRevoked_thenEverySurvivorLeavesItsCall(Waiting waiting) {
    Groups.Spec spec = spec(4);
    CompletableFuture<Void> over = new CompletableFuture<>();
    CompletableFuture<Void> joined = new CompletableFuture<>();
    try (GroupMonitor monitor = groups.monitor(spec)) {
      List<CompletableFuture<Void>> all =
          ranks.start(
              spec,
              communicator -> {
                if (communicator.rank() == 0) {
                  joined.complete(null);
                  return over.join(); // holds its handle, as a stopped process would
                }
                waiting.run(communicator);
                return null;
              });
      RankThreads.await("survivors wait", () -> joined.isDone() && ahead(monitor.arrivals()));
      assertThat(monitor.revoke("rank 0 was killed")).isEqualTo(START_STEP);
      for (CompletableFuture<Void> survivor : all.subList(1, 4)) {
        assertThat(RankThreads.failure(survivor))
            .isInstanceOf(GroupRevokedException.class)
            .hasMessageContaining("group=dp generation=1 reason=rank 0 was killed");
      }
      over.complete(null);
      assertThat(RankThreads.failure(all.get(0))).isNull();
    }
  }

  /**
   * Once rank 0 has joined: joining takes the same number of arrivals everywhere, so one more means
   * inside the call.
   */
  private static boolean ahead(long[] arrivals) {
    for (int rank = 1; rank < arrivals.length; rank++) {
      if (arrivals[rank] <= arrivals[0]) {
        return false;
      }
    }
    return true;
  }

  @Test
  void givenARankThatDoesNotJoin_whenRevoked_thenTheJoiningOnesLeave() {
    Groups.Spec spec = spec(3);
    try (GroupMonitor monitor = groups.monitor(spec)) {
      var first = ranks.start(spec, 0, communicator -> null);
      var second = ranks.start(spec, 1, communicator -> null);
      RankThreads.await(
          "two ranks joining", () -> monitor.arrivals()[0] > 0 && monitor.arrivals()[1] > 0);
      monitor.revoke("rank 2 could not start");
      assertThat(RankThreads.failure(first)).isInstanceOf(GroupRevokedException.class);
      assertThat(RankThreads.failure(second)).hasMessageContaining("rank 2 could not start");
    }
  }

  /** Its own agent is stopped: only the owner of the next generation can end it. */
  @Test
  void givenAGroupNobodyEnds_whenANewerGenerationRevokesOlderOnes_thenNothingCommitsInItAnyMore() {
    Groups.Spec old = spec("dp", 1, 2);
    CompletableFuture<Void> committed = new CompletableFuture<>();
    CompletableFuture<Void> newer = new CompletableFuture<>();
    List<CompletableFuture<Void>> all =
        ranks.start(
            old,
            communicator -> {
              communicator.agree(START_STEP + 1);
              committed.complete(null);
              newer.join();
              communicator.agree(START_STEP + 2);
              return null;
            });
    committed.join();
    groups.revokeOlder(spec("dp", 2, 2), "superseded by generation 2");
    newer.complete(null);
    for (CompletableFuture<Void> rank : all) {
      assertThat(RankThreads.failure(rank))
          .isInstanceOf(GroupRevokedException.class)
          .hasMessageContaining("superseded by generation 2");
    }
    try (GroupMonitor monitor = groups.monitor(old)) {
      assertThat(monitor.committedStep()).isEqualTo(START_STEP + 1);
    }
  }

  @Test
  void givenOtherGroupsAndNewerGenerations_whenOlderOnesAreRevoked_thenTheyLive() {
    try (GroupMonitor same = groups.monitor(spec("dp", 2, 2));
        GroupMonitor later = groups.monitor(spec("dp", 3, 2));
        GroupMonitor other = groups.monitor(spec("tp", 1, 2))) {
      groups.revokeOlder(spec("dp", 2, 2), "superseded by generation 2");
      assertThat(List.of(same.revoked(), later.revoked(), other.revoked())).containsOnly(false);
    }
  }

  @Test
  void givenAGroupRevokedBeforeAnyoneJoined_whenJoining_thenItThrowsAtOnce() {
    Groups.Spec spec = spec(2);
    try (GroupMonitor monitor = groups.monitor(spec)) {
      assertThat(monitor.revoked()).isFalse();
      assertThat(monitor.committedStep()).isEqualTo(START_STEP);
      assertThat(monitor.revoke("overtaken")).isEqualTo(START_STEP);
    }
    assertThatThrownBy(() -> groups.join(spec, 0))
        .isInstanceOf(GroupRevokedException.class)
        .hasMessageContaining("overtaken");
  }

  @Test
  void givenARevokedGroup_whenRevokedAgain_thenTheFirstReasonStays() {
    Groups.Spec spec = spec(2);
    try (GroupMonitor monitor = groups.monitor(spec)) {
      var results =
          ranks.run(
              spec,
              communicator -> {
                communicator.agree(START_STEP + 1); // returns, however soon the other one aborts
                if (communicator.rank() == 0) {
                  communicator.abort("first");
                  communicator.abort("second");
                } else {
                  RankThreads.await("revoked", monitor::revoked);
                }
                assertThatThrownBy(() -> communicator.barrier().await())
                    .isInstanceOf(GroupRevokedException.class)
                    .hasMessageContaining("reason=first");
                return communicator.committedStep();
              });
      assertThat(results).containsOnly(START_STEP + 1);
      assertThat(monitor.revoke("third")).isEqualTo(START_STEP + 1);
      assertThat(monitor.committedStep()).isEqualTo(START_STEP + 1);
    }
  }

  @Test
  void givenARankInsideACall_whenAnotherThreadAbortsItsHandle_thenTheCallThrows() {
    Groups.Spec spec = spec(2);
    CompletableFuture<Communicator> handle = new CompletableFuture<>();
    CompletableFuture<Void> joined = new CompletableFuture<>();
    CompletableFuture<Void> over = new CompletableFuture<>();
    try (GroupMonitor monitor = groups.monitor(spec)) {
      ranks.start(
          spec,
          0,
          communicator -> {
            joined.complete(null);
            return over.join();
          });
      var waiting =
          ranks.start(
              spec,
              1,
              communicator -> {
                handle.complete(communicator);
                communicator.barrier().await();
                return null;
              });
      RankThreads.await("rank 1 waits", () -> joined.isDone() && ahead(monitor.arrivals()));
      handle.join().abort("the user said stop");
      assertThat(RankThreads.failure(waiting)).hasMessageContaining("the user said stop");
      over.complete(null);
      handle.join().abort("after close: nothing happens");
    }
  }

  @Test
  void givenStepsAgreedOn_whenLookedAt_thenEveryoneSeesTheLastOne() {
    Groups.Spec spec = spec(3);
    try (GroupMonitor monitor = groups.monitor(spec)) {
      var results =
          ranks.run(
              spec,
              communicator -> {
                assertThat(communicator.committedStep()).isEqualTo(START_STEP);
                for (long step = START_STEP + 1; step <= START_STEP + 20; step += 3) {
                  communicator.agree(step);
                }
                communicator.barrier().await();
                assertThatThrownBy(() -> communicator.agree(START_STEP + 19))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("steps must grow");
                return communicator.committedStep();
              });
      assertThat(results).containsOnly(START_STEP + 19);
      assertThat(monitor.committedStep()).isEqualTo(START_STEP + 19);
    }
  }

  /** What differs, and how the error must say it. */
  enum Difference {
    SIZE(
        c -> c.allReduce(buffer(c, DType.FLOAT32, c.rank() == 2 ? 101 : 100)),
        "ranks 0, 1: allReduce op=SUM dtype=FLOAT32 elements=100; rank 2: allReduce op=SUM"
            + " dtype=FLOAT32 elements=101"),
    LARGE_SIZE(
        c -> c.allReduce(buffer(c, DType.FLOAT32, c.rank() == 2 ? 101 : 10_000)),
        "ranks 0, 1: allReduce op=SUM dtype=FLOAT32 elements=10000; rank 2: allReduce op=SUM"
            + " dtype=FLOAT32 elements=101"),
    TYPE(
        c -> c.allReduce(buffer(c, c.rank() == 1 ? DType.INT32 : DType.FLOAT32, 100)),
        "rank 1: allReduce op=SUM dtype=INT32 elements=100"),
    ROOT(
        c -> c.broadcast(buffer(c, DType.UINT8, 5), c.rank() == 1 ? 1 : 2),
        "ranks 0, 2: broadcast dtype=UINT8 elements=5 root=2; rank 1: broadcast dtype=UINT8"
            + " elements=5 root=1"),
    STEP(
        c -> c.agree(START_STEP + (c.rank() == 2 ? 2 : 1)),
        "ranks 0, 1: agree step=41; rank 2: agree step=42"),
    KIND(
        c -> {
          if (c.rank() == 1) {
            c.agree(START_STEP + 1);
          } else {
            c.allReduce(buffer(c, DType.FLOAT32, 50_000));
          }
        },
        "ranks 0, 2: allReduce op=SUM dtype=FLOAT32 elements=50000; rank 1: agree step=41");

    private final java.util.function.Consumer<Communicator> call;
    private final String text;

    Difference(java.util.function.Consumer<Communicator> call, String text) {
      this.call = call;
      this.text = text;
    }

    private static Buffer buffer(Communicator c, DType dtype, int elements) {
      return new Buffer(c.allocate((long) dtype.sizeBytes() * elements), dtype);
    }
  }

  @ParameterizedTest
  @EnumSource(Difference.class)
  void givenCallsThatDiffer_whenTheyMeet_thenEveryRankNamesBothSides(Difference difference) {
    Groups.Spec spec = spec(3);
    try (GroupMonitor monitor = groups.monitor(spec)) {
      for (CompletableFuture<Void> rank :
          ranks.<Void>start(
              spec,
              c -> {
                difference.call.accept(c);
                return null;
              })) {
        assertThat(RankThreads.failure(rank))
            .isInstanceOf(CollectiveMismatchException.class)
            .hasMessageContaining(difference.text);
      }
      assertThat(monitor.revoked()).isTrue();
      assertThat(monitor.committedStep()).isEqualTo(START_STEP);
    }
  }

  @Test
  void givenARegion_whenAllocated_thenMemoryIsZeroAlignedAndBounded() {
    ranks.run(
        spec(2),
        communicator -> {
          List<Long> addresses = new ArrayList<>();
          for (int i = 0; i < 4; i++) {
            var memory = communicator.allocate(1_001);
            assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
            memory.fill((byte) 7);
            addresses.add(memory.address());
          }
          assertThat(addresses).allMatch(address -> address % 64 == 0).doesNotHaveDuplicates();
          assertThatThrownBy(() -> communicator.allocate(BYTES_PER_RANK))
              .isInstanceOf(IllegalStateException.class)
              .hasMessage(
                  "shared region is full: group=dp sizeBytes=33554432 usedBytes=4096"
                      + " wantedBytes=33554432; raise bytesPerRank of the group");
          return null;
        });
  }

  @Test
  void givenWrongArguments_whenCalled_thenTheGroupSurvives() {
    ranks.run(
        spec(2),
        c -> {
          Buffer buffer = Buffer.float32(c.allocate(400));
          assertThatThrownBy(() -> c.broadcast(buffer, 2))
              .hasMessageContaining("root=2 worldSize=2");
          assertThatThrownBy(() -> c.reduceScatter(buffer, buffer, ReduceOp.SUM, Stream.NONE))
              .hasMessageContaining("expectedElements=50 elements=100");
          assertThatThrownBy(() ->
                  c.reduceScatter(
                      buffer, buffer.slice(1 + c.rank(), 51 + c.rank()), ReduceOp.SUM, Stream.NONE))
              .hasMessageContaining("overlap");
          assertThatThrownBy(() -> c.allReduce(buffer, ReduceOp.SUM, () -> 9))
              .hasMessageContaining("stream=9");
          c.allReduce(buffer);
          return null;
        });
  }

  @Test
  void givenARankThatHasJoinedOrLeft_whenItJoinsAgain_thenItIsRefused() {
    Groups.Spec spec = spec(2);
    ranks.run(
        spec,
        communicator -> {
          assertThatThrownBy(() -> groups.join(spec, communicator.rank()))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("rank has joined already");
          communicator.barrier().await();
          return null;
        });
    assertThatThrownBy(() -> groups.join(spec, 0)).hasMessageContaining("rank has joined already");
  }

  @Test
  void givenAClosedHandle_whenUsed_thenItSaysSo() {
    ranks.run(
        spec(2),
        communicator -> {
          communicator.barrier().await();
          communicator.close();
          assertThatThrownBy(communicator::barrier).hasMessageContaining("communicator is closed");
          assertThat(communicator.committedStep()).isEqualTo(START_STEP);
          return null;
        });
  }
}
