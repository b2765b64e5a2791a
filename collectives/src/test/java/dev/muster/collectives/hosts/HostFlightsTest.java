package dev.muster.collectives.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
import dev.muster.collectives.RankThreads;
import dev.muster.collectives.Stream;
import dev.muster.collectives.flight.Diagnosis;
import dev.muster.collectives.flight.RecordedCall;
import dev.muster.collectives.flight.Recording;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts of two ranks: what the agent of each sees of all, and who they name. */
class HostFlightsTest {
  private static final Limits LIMITS =
      new Limits(Duration.ofMillis(20), Duration.ofMinutes(1), Duration.ofMinutes(1));
  private static final int LARGE = 1 << 18; // elements: beyond what travels with the meeting

  @TempDir Path directory;
  private final HostsInOneProcess hosts = new HostsInOneProcess(2, null, LIMITS);
  private final RankThreads ranks = new RankThreads(hosts);
  private final CompletableFuture<Void> over = new CompletableFuture<>();
  private List<GroupMonitor> agents;

  @BeforeEach
  void watch() {
    agents = hosts.monitors(spec());
  }

  @AfterEach
  void close() {
    over.complete(null);
    agents.forEach(agent -> agent.revoke("the test is over"));
    agents.forEach(GroupMonitor::close);
    ranks.close();
    hosts.close();
  }

  private static Groups.Spec spec(Path directory) {
    return new Groups.Spec(directory, "dp", 4, 4, 0, 8 << 20);
  }

  private Groups.Spec spec() {
    return spec(directory);
  }

  private static Diagnosis diagnose(GroupMonitor agent) {
    var arrivals = java.util.Arrays.stream(agent.arrivals()).boxed().toList();
    return Diagnosis.decide("dp", agent.standings(), arrivals, System.nanoTime());
  }

  private void awaitAllName(Diagnosis.Cause cause, Integer... suspects) {
    for (var agent : agents) {
      RankThreads.await(
          cause + " " + List.of(suspects),
          () -> {
            var diagnosis = diagnose(agent);
            return diagnosis.cause() == cause && diagnosis.suspects().equals(List.of(suspects));
          });
    }
  }

  @Test
  void givenCalls_whenRecorded_thenEachHostHoldsThoseOfItsRanksByTheirRankInTheGroup() {
    ranks.run(
        spec(),
        c -> {
          var buffer = Buffer.float32(c.allocate(4L * LARGE));
          c.allReduce(buffer);
          for (int i = 0; i < 1_100; i++) {
            c.barrier();
          }
          c.agree(1);
          if (c.rank() % 2 == 1) {
            c.run(
                new Operation.SendReceive(buffer, 4 - c.rank(), copy(c), 4 - c.rank()),
                Stream.NONE);
          }
          return null;
        });
    for (int host = 0; host < 2; host++) {
      var recordings = agents.get(host).recordings(2_000);
      assertThat(recordings).extracting(Recording::rank).containsExactly(2 * host, 2 * host + 1);
      assertThat(recordings.getFirst().calls())
          .extracting(RecordedCall::number)
          .containsExactlyElementsOf(LongStream.rangeClosed(79, 1_102).boxed().toList());
      assertThat(recordings.getLast().calls().getLast().describe("dp"))
          .startsWith("send #1 of dp (FLOAT32, 1 MiB) to rank " + (host == 0 ? 3 : 1));
    }
  }

  private static Buffer copy(Communicator c) {
    return Buffer.float32(c.allocate(4L * LARGE));
  }

  @Test
  void givenARankThatDoesNotCome_whenOthersWait_thenTheAgentsOfBothHostsNameItAlsoAfterTheEnd() {
    ranks.start(
        spec(),
        3,
        c -> {
          c.barrier();
          return over.join();
        });
    var waiting =
        List.of(0, 1, 2).stream()
            .map(rank ->
                ranks.<Void>start(
                    spec(),
                    rank,
                    c -> {
                      c.barrier();
                      c.allReduce(Buffer.float32(c.allocate(4L * LARGE)));
                      return null;
                    }))
            .toList();
    awaitAllName(Diagnosis.Cause.NOT_ARRIVED, 3);
    assertThat(diagnose(agents.get(0)).text())
        .contains("rank 3 did not arrive at allReduce #2 of dp (FLOAT32, 1 MiB); ranks 0-2 wait")
        .contains("its last was barrier #1 of dp")
        .contains("on another host, which told it");
    assertThat(diagnose(agents.get(1)).text()).doesNotContain("another host");
    agents.get(0).revoke("seen");
    waiting.forEach(
        rank -> assertThat(RankThreads.failure(rank)).isInstanceOf(GroupRevokedException.class));
    awaitAllName(Diagnosis.Cause.NOT_ARRIVED, 3);
  }

  /** The others are in a collective, the last one waits for a message from another host. */
  @Test
  void givenRanksOfDifferentHostsThatWaitForEachOther_whenSeen_thenBothAgentsNameThem() {
    ranks.start(
        spec(),
        3,
        c -> {
          c.run(new Operation.Receive(copy(c), 0), Stream.NONE);
          return null;
        });
    for (int rank : List.of(0, 1, 2)) {
      ranks.start(
          spec(),
          rank,
          c -> {
            c.barrier();
            return null;
          });
    }
    for (var agent : agents) {
      RankThreads.await(
          "a circle with rank 3",
          () ->
              diagnose(agent).cause() == Diagnosis.Cause.DEADLOCK
                  && diagnose(agent).suspects().contains(3));
    }
  }

  /** On one stream for both, the message's bytes would be taken for those of the collective. */
  @Test
  void givenAMessage_whenItIsReceivedAfterACollectiveOnly_thenBothHaveTheirBytes() {
    ranks.run(
        spec(),
        c -> {
          var reduced = copy(c);
          var message = Buffer.float32(c.allocate(40));
          message.memory().set(ValueLayout.JAVA_FLOAT, 0, 7);
          reduced.memory().set(ValueLayout.JAVA_FLOAT, 0, 1 + c.rank());
          if (c.rank() == 0 || c.rank() == 1) {
            c.run(new Operation.Send(message, 2 + c.rank()), Stream.NONE);
          }
          c.allReduce(reduced);
          c.barrier();
          if (c.rank() > 1) {
            message.memory().fill((byte) 0);
            c.run(new Operation.Receive(message, c.rank() - 2), Stream.NONE);
          }
          assertThat(reduced.memory().get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(10);
          assertThat(message.memory().get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(7);
          return null;
        });
  }
}
