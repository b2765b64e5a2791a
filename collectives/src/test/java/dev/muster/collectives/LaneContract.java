package dev.muster.collectives;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Operations beside the caller: what it may do meanwhile, in which order they run, how they end.
 */
public abstract class LaneContract extends GroupsContract {
  private static final int ELEMENTS = 70_000;

  private static Buffer filled(Communicator c, float value) {
    var buffer = Buffer.float32(c.allocate(4L * ELEMENTS));
    for (int i = 0; i < ELEMENTS; i++) {
      buffer.memory().setAtIndex(JAVA_FLOAT, i, value);
    }
    return buffer;
  }

  private static void assertFilled(Buffer buffer, float value) {
    for (int i = 0; i < ELEMENTS; i++) {
      assertThat(buffer.memory().getAtIndex(JAVA_FLOAT, i)).isEqualTo(value);
    }
  }

  /** Rank 1 calls only when rank 0 has gone on: inside its calls rank 0 would wait for ever. */
  @Test
  void givenALatePeer_whenOperationsAreStartedBeside_thenTheCallerGoesOnAndOrderIsKept() {
    CompletableFuture<Void> wentOn = new CompletableFuture<>();
    ranks.run(
        spec(2),
        communicator -> {
          var buffers =
              List.of(filled(communicator, 1), filled(communicator, 10), filled(communicator, 100));
          if (communicator.rank() == 1) {
            wentOn.join();
          }
          var started = new ArrayList<Work>();
          buffers.forEach(b -> started.add(communicator.allReduce(b, ReduceOp.SUM, Stream.OWN)));
          if (communicator.rank() == 0) {
            assertThat(started.getLast().isDone()).isFalse();
            wentOn.complete(null);
          }
          communicator.allReduce(buffers.getFirst()); // in its turn: after all that were started
          assertThat(started).allMatch(Work::isDone);
          started.forEach(Work::await);
          assertFilled(buffers.get(0), 4);
          assertFilled(buffers.get(1), 20);
          assertFilled(buffers.get(2), 200);
          communicator.agree(START_STEP + 1);
          return null;
        });
  }

  /** In opposite orders, so that inside the calls each rank would wait for the other. */
  @Test
  void givenTwoGroups_whenRanksUseThemInOppositeOrders_thenBothComplete() {
    var peers =
        List.of(new CompletableFuture<Communicator>(), new CompletableFuture<Communicator>());
    var others =
        ranks.start(
            spec("tp", 1, 2),
            c -> {
              peers.get(c.rank()).complete(c);
              return ends.get(c.rank()).join();
            });
    ranks.run(
        spec("dp", 1, 2),
        dp -> {
          var groups = new ArrayList<>(List.of(dp, peers.get(dp.rank()).join()));
          if (dp.rank() == 1) {
            Collections.reverse(groups);
          }
          var buffers = groups.stream().map(c -> filled(c, 1 + c.rank())).toList();
          var first = groups.get(0).allReduce(buffers.get(0), ReduceOp.SUM, Stream.OWN);
          var second = groups.get(1).allReduce(buffers.get(1), ReduceOp.SUM, Stream.OWN);
          first.await();
          second.await();
          buffers.forEach(b -> assertFilled(b, 3));
          ends.get(dp.rank()).complete(null);
          return null;
        });
    others.forEach(CompletableFuture::join);
  }

  private final List<CompletableFuture<Void>> ends =
      List.of(new CompletableFuture<>(), new CompletableFuture<>());

  @Test
  void givenOperationsUnderWay_whenRevoked_thenEachThrowsAndTheCommunicatorCloses() {
    CompletableFuture<Void> started = new CompletableFuture<>();
    ranks.run(
        spec(2),
        communicator -> {
          if (communicator.rank() == 1) {
            started.join();
            communicator.abort("enough");
            return null;
          }
          var buffer = filled(communicator, 1);
          var first = communicator.allReduce(buffer, ReduceOp.SUM, Stream.OWN);
          var second = communicator.allReduce(buffer, ReduceOp.SUM, Stream.OWN);
          started.complete(null);
          for (var work : List.of(first, second)) {
            assertThatThrownBy(work::await)
                .isInstanceOf(GroupRevokedException.class)
                .hasMessageContaining("enough");
          }
          return null;
        });
  }

  @Test
  void givenAnOperationUnderWay_whenItsRankCloses_thenTheGroupEndsAndNobodyWaits() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    ranks.run(
        spec(2),
        communicator -> {
          communicator.barrier().await(); // a join that is not over yet would end instead
          if (communicator.rank() == 0) {
            var work = communicator.allReduce(filled(communicator, 1), ReduceOp.SUM, Stream.OWN);
            communicator.close();
            assertThatThrownBy(work::await).isInstanceOf(GroupRevokedException.class);
            closed.complete(null);
            return null;
          }
          closed.join();
          assertThatThrownBy(() -> communicator.barrier().await())
              .hasMessageContaining(
                  "closed its communicator in the middle of an operation: rank=0");
          return null;
        });
  }

  @Test
  void givenBuffersThatDoNotFit_whenStartedBeside_thenTheCallItselfThrowsAndNobodyIsDisturbed() {
    ranks.run(
        spec(2),
        communicator -> {
          var buffer = filled(communicator, 1);
          var bad = new Operation.AllGather(buffer, buffer);
          assertThatThrownBy(() -> communicator.run(bad, Stream.OWN))
              .isInstanceOf(IllegalArgumentException.class);
          communicator.barrier().await();
          return null;
        });
  }
}
