package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.Standing;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command on the flight recorders of two ranks, one of which keeps the other waiting. */
class FlightsCommandTest {
  @TempDir private Path directory;
  private final Groups groups = new SharedMemoryGroups();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch over = new CountDownLatch(1);
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private RunFolder run;

  @BeforeEach
  void create() throws IOException {
    run = RunFolder.create(directory.resolve("r1"));
    Files.writeString(run.job(), "muster.job.workers = 2");
  }

  private Groups.Spec spec(String host) {
    return new Groups.Spec(run.shared(host), "dp", 7, 2, 0, 1 << 20);
  }

  private CompletableFuture<Void> rank(String host, int rank, boolean comes) {
    return CompletableFuture.runAsync(
        () -> {
          try (var communicator = groups.join(spec(host), rank)) {
            communicator.barrier();
            if (comes) {
              communicator.allReduce(Buffer.float32(communicator.allocate(4_096)));
            } else {
              over.await();
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        },
        threads);
  }

  /** Until rank 0 waits in its second call. */
  private static void awaitWaiting(GroupMonitor monitor) {
    long endNs = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (monitor.standings().stream().noneMatch(FlightsCommandTest::inSecond)) {
      assertThat(System.nanoTime() - endNs).as("rank 0 never waits").isNegative();
      LockSupport.parkNanos(100_000);
    }
  }

  private static boolean inSecond(Standing standing) {
    return standing.newest() != null && standing.newest().number() == 2;
  }

  @AfterEach
  void end() throws IOException {
    over.countDown();
    threads.shutdownNow();
    for (var folder : run.sharedOfAllHosts()) {
      SharedMemoryGroups.sweep(folder);
      Files.deleteIfExists(folder);
    }
  }

  private int flights(String... more) {
    var arguments = new ArrayList<>(List.of("flights", run.root().toString()));
    arguments.addAll(List.of(more));
    return MusterCommand.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments.toArray(String[]::new));
  }

  private void assertShown(String host) {
    var waiting = rank(host, 0, true);
    var late = rank(host, 1, false);
    try (var monitor = groups.monitor(spec(host))) {
      awaitWaiting(monitor);
      assertThat(flights("--last", "1")).as(err.toString()).isZero();
      monitor.revoke("the test is over");
    }
    over.countDown();
    late.join();
    assertThat(waiting).failsWithin(Duration.ofMinutes(1));
    assertThat(out.toString())
        .contains("group dp generation 7 now, in " + run.shared(host) + ":")
        .contains("rank 1 did not arrive at allReduce #2 of dp (FLOAT32, 4 KiB); rank 0 waits")
        .containsPattern("rank 0 pid \\d+:\\n  .* s ago: allReduce #2 of dp .* goes on\\n")
        .containsPattern("rank 1 pid \\d+:\\n  .* s ago: barrier #1 of dp took .* us\\n");
  }

  @Test
  void givenARankThatDoesNotCome_whenAsked_thenItIsNamedAndTheLastCallsAreShown() {
    assertShown("");
  }

  @Test
  void givenAnAgentThatStandsForAHost_whenAsked_thenItsRanksAreShownToo() {
    assertShown("h1");
  }

  @Test
  void givenWhatAnAgentKept_whenNothingRuns_thenItIsShown() throws IOException {
    Files.writeString(run.flights(new NodeId("n0")), "generation 6 ended: why\nrank 1 was late\n");
    assertThat(flights()).isZero();
    assertThat(out.toString())
        .containsSubsequence("n0.flights.log:", "generation 6 ended: why", "rank 1 was late");
  }

  @Test
  void givenNoSuchRun_whenAsked_thenAnErrorSaysSo() {
    run = new RunFolder(directory.resolve("none"));
    assertThat(flights()).isNotZero();
    assertThat(err.toString()).contains(directory.resolve("none").toString());
  }
}
