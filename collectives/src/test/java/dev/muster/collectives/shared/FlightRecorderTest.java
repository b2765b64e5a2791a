package dev.muster.collectives.shared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Call;
import dev.muster.collectives.DType;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
import dev.muster.collectives.RankThreads;
import dev.muster.collectives.Stream;
import dev.muster.collectives.flight.Diagnosis;
import dev.muster.collectives.flight.RecordedCall;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecorderTest {
  private static final int WORLD_SIZE = 3;

  @TempDir Path directory;
  private final Groups groups = new SharedMemoryGroups();
  private final RankThreads ranks = new RankThreads(groups);

  @AfterEach
  void close() {
    ranks.close();
  }

  private Groups.Spec spec() {
    return new Groups.Spec(directory, "dp", 4, WORLD_SIZE, 0, 1 << 20);
  }

  @Test
  void givenCallsOfAllSorts_whenRecorded_thenTheyAreDecodedInOrder() {
    ranks.run(
        spec(),
        c -> {
          var buffer = Buffer.float32(c.allocate(4_000));
          c.allReduce(buffer);
          if (c.rank() == 0) {
            c.run(new Operation.Send(buffer, 1), Stream.NONE);
          } else if (c.rank() == 1) {
            c.run(new Operation.Receive(buffer, 0), Stream.NONE);
          }
          c.broadcast(buffer, 2);
          c.agree(1);
          return null;
        });
    try (var monitor = groups.monitor(spec())) {
      var recordings = monitor.recordings(2_000);
      assertThat(recordings).extracting("rank").containsExactly(0, 1, 2);
      assertThat(recordings).extracting("pid").containsOnly(ProcessHandle.current().pid());
      assertThat(recordings.get(1).calls())
          .extracting(call -> call.describe("dp"))
          .containsExactly(
              "allReduce #1 of dp (FLOAT32, 4000 bytes)",
              "receive #1 of dp (FLOAT32, 4000 bytes) from rank 0",
              "broadcast #2 of dp (FLOAT32, 4000 bytes, root 2)",
              "agree #3 of dp (step 1)");
      assertThat(recordings.get(1).calls())
          .allMatch(call -> call.endNs() >= call.startNs() && call.startNs() > 0)
          .extracting(RecordedCall::from)
          .containsExactly(-1, 0, -1, -1);
      assertThat(recordings.get(2).calls()).hasSize(3);
    }
  }

  @Test
  void givenMoreCallsThanItHolds_whenRead_thenTheLast1024AreThere() {
    ranks.run(
        spec(),
        c -> {
          for (int i = 0; i < 1_500; i++) {
            c.barrier();
          }
          return null;
        });
    try (var monitor = groups.monitor(spec())) {
      assertThat(monitor.recordings(2_000).getFirst().calls())
          .extracting(RecordedCall::number)
          .containsExactlyElementsOf(LongStream.rangeClosed(477, 1_500).boxed().toList());
      assertThat(monitor.standings().get(2).collective().number()).isEqualTo(1_500);
    }
  }

  @Test
  void givenARankThatDoesNotCome_whenOthersWait_thenTheMonitorNamesItBeforeAndAfterTheRevoke() {
    var over = new CompletableFuture<Void>();
    ranks.start(spec(), 1, c -> over.join());
    var waiting =
        List.of(0, 2).stream()
            .map(rank ->
                ranks.<Void>start(
                    spec(),
                    rank,
                    c -> {
                      c.barrier();
                      return null;
                    }))
            .toList();
    try (GroupMonitor monitor = groups.monitor(spec())) {
      RankThreads.await(
          "both wait",
          () ->
              monitor.standings().stream()
                      .filter(s -> s.newest() != null && s.newest().unfinished())
                      .count()
                  == 2);
      assertThat(diagnose(monitor).suspects()).containsExactly(1);
      monitor.revoke("seen");
      waiting.forEach(
          rank -> assertThat(RankThreads.failure(rank)).isInstanceOf(GroupRevokedException.class));
      assertThat(diagnose(monitor).suspects()).containsExactly(1);
      assertThat(monitor.standings().get(0).newest().endNs()).isNegative();
    }
    over.complete(null);
  }

  @Test
  void givenAReceiverThatDoesNotCome_whenItCameLater_thenTheSenderWaitsForItOnlyUntilThen() {
    var received = new CompletableFuture<Void>();
    var over = new CompletableFuture<Void>();
    ranks.start(spec(), 2, c -> over.join());
    ranks.start(
        spec(),
        1,
        c -> {
          received.join();
          c.run(new Operation.Receive(Buffer.float32(c.allocate(40)), 0), Stream.NONE);
          return over.join();
        });
    ranks.start(
        spec(),
        0,
        c -> {
          c.run(new Operation.Send(Buffer.float32(c.allocate(40)), 1), Stream.NONE);
          return over.join();
        });
    try (GroupMonitor monitor = groups.monitor(spec())) {
      RankThreads.await(
          "rank 0 waits", () -> monitor.standings().get(0).unanswered().equals(List.of(1)));
      assertThat(diagnose(monitor).suspects()).containsExactly(1);
      received.complete(null);
      RankThreads.await(
          "rank 0 goes on",
          () ->
              monitor.standings().get(0).unanswered().isEmpty()
                  && !monitor.standings().get(0).newest().unfinished());
      assertThat(diagnose(monitor).cause()).isEqualTo(Diagnosis.Cause.NONE);
    }
    over.complete(null);
  }

  private static Diagnosis diagnose(GroupMonitor monitor) {
    return Diagnosis.decide("dp", monitor.standings(), List.of(), System.nanoTime());
  }

  /** What was torn is left out; every record returned is one that was written. */
  @Test
  void givenAWriterThatLaps_whenReadMeanwhile_thenNoRecordIsMixed() {
    try (var arena = Arena.ofShared()) {
      var recorder = FlightRecorder.create(spec(), 0, arena);
      var reader = FlightReader.open(SegmentFiles.recorder(spec(), 0), arena);
      var writing =
          CompletableFuture.runAsync(() -> {
            for (long i = 1; i <= 300_000; i++) {
              var call = new Call(Call.Kind.BROADCAST, DType.UINT8, null, 2 * i, 3 * i);
              recorder.ended(recorder.begin(i, call, (int) i), () -> {});
            }
          });
      long seen = 0;
      do {
        for (var call : reader.recording(2_000).calls()) {
          assertThat(call.number()).isEqualTo(call.index());
          assertThat(call.call().elements()).isEqualTo(2 * call.index());
          assertThat(call.call().argument()).isEqualTo(3 * call.index());
          assertThat(call.from()).isEqualTo((int) call.index());
          seen++;
        }
      } while (!writing.isDone());
      assertThat(seen).isPositive();
      assertThat(reader.standing(new FlightReader[WORLD_SIZE]).newest().index()).isEqualTo(300_000);
    }
  }

  @Test
  void givenAFileThatIsNoRecorder_whenOpened_thenThereIsNone() throws Exception {
    var file = directory.resolve("x.rec");
    try (var arena = Arena.ofConfined()) {
      assertThat(FlightReader.open(file, arena)).isNull();
      Files.write(file, new byte[100]);
      assertThat(FlightReader.open(file, arena)).isNull();
      Files.write(file, new byte[(int) FlightRecorder.sizeBytes(1)]);
      assertThat(FlightReader.open(file, arena)).isNull();
    }
  }
}
