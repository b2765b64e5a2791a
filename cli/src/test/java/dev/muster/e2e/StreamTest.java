package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.cli.process.JavaCommand;
import dev.muster.cli.process.LiveWorkers;
import dev.muster.protocol.NodeId;
import dev.muster.worker.LentRange;
import dev.muster.worker.RangeConsumer;
import dev.muster.worker.data.Spans;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A stream of three partitions, taken by ranks and by processes outside of their group. */
@Timeout(240)
class StreamTest {
  private static final int STEPS = 150;

  @RegisterExtension final MusterRuns muster = new MusterRuns();
  @TempDir Path handedOver;

  @BeforeEach
  void isEmpty() {
    assertThat(handedOver).isEmptyDirectory();
  }

  /** Takes 20 ms a step; the last record comes after two thirds of the steps. */
  private MusterProcess start(int workers, int steps, String... more) {
    return muster.run(StreamTrainer.flags(workers, steps, records(steps), handedOver, more));
  }

  private static long records(int steps) {
    return 2L * steps;
  }

  private static void awaitStep(MusterProcess run, long step) {
    try (var workers = new LiveWorkers(run.folder())) {
      run.await("step " + step, () -> Optional.of(step).filter(s -> workers.step() >= s));
    }
  }

  private static void assertEachOnce(MusterProcess run, int steps) throws IOException {
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.report())
        .contains("records: once=" + StreamTrainer.PARTITIONS * records(steps) + " more=0");
    var used = used(run);
    assertThat(used).hasSize(StreamTrainer.PARTITIONS);
    used.forEach((partition, spans) ->
        assertThat(spans).as(partition).isEqualTo(Spans.parse("0-" + records(steps))));
  }

  /**
   * From the workers' logs, by partition: of several commits of a step the one of the newest
   * generation counts. Spans that overlap are an error.
   */
  private static Map<String, Spans> used(MusterProcess run) throws IOException {
    var generations = new HashMap<Long, Long>();
    var lines = new ArrayList<String[]>();
    try (var logs = Files.list(run.folder().samples())) {
      for (var log : logs.toList()) {
        for (var line : Files.readAllLines(log)) {
          var words = line.split(" ");
          if (words[0].equals("R")) {
            lines.add(words);
          } else if (words[0].equals("C")) {
            generations.merge(Long.valueOf(words[2]), Long.valueOf(words[1]), Math::max);
          }
        }
      }
    }
    var used = new TreeMap<String, Spans>();
    for (var words : lines) {
      if (Long.valueOf(words[1]).equals(generations.get(Long.valueOf(words[2])))) {
        var span = Spans.parse(words[5]).list().getFirst();
        used.put(words[4], used.getOrDefault(words[4], Spans.NONE).with(span));
      }
    }
    return used;
  }

  @Test
  void givenWorkersThatAreKilled_whenTheyTakeRanges_thenEveryRecordIsCommittedOnce()
      throws Exception {
    var run =
        start(3, STEPS, "--spares", "1", "--fail", "rank=2@step=25", "--fail", "rank=0@step=60");
    assertEachOnce(run, STEPS);
    assertThat(run.awaitResult().recoveries()).hasSize(2);
  }

  @Test
  void givenAllWorkersAreKilled_whenTheStateIsReadFromMemory_thenThePositionsAreOfItsStep()
      throws Exception {
    var run = start(2, STEPS, "--spares", "0", "-Dmuster.checkpoint.memory-every=7");
    awaitStep(run, 40);
    try (var workers = new LiveWorkers(run.folder())) {
      workers.look().forEach(w -> ProcessTable.kill(w.pid()));
    }
    var formed = run.awaitEvent("generation.formed", e -> e.text().contains("read from memory"));
    System.out.println(formed.text());
    assertEachOnce(run, STEPS);
  }

  @Test
  void givenEverythingIsDead_whenResumedFromStorage_thenItGoesOnWithWhatWasNotUsed()
      throws Exception {
    var run =
        start(
            2,
            STEPS,
            "--spares",
            "0",
            "-Dmuster.checkpoint.memory-every=5",
            "-Dmuster.checkpoint.persist=100ms");
    run.awaitEvent("checkpoint.committed");
    awaitStep(run, 50);
    ProcessTable.kill(run.agentPid("n0"));
    ProcessTable.kill(run.masterPid());
    run.awaitExit();
    Folders.delete(run.folder().shared());
    var again = muster.command(run.folder(), "run", "--resume", run.folder().run().name());
    var formed = again.awaitEvent("generation.formed", e -> e.text().contains("from storage"));
    System.out.println(formed.text());
    assertEachOnce(again, STEPS);
  }

  /** What a killed one held goes back; what it handed over twice is used once. */
  @Test
  void givenConsumersOutsideTheGroup_whenOneIsKilled_thenEveryRecordIsCommittedOnce()
      throws Exception {
    int steps = 300; // processes outside of the group start meanwhile
    var run = start(2, steps, "--spares", "1", "--fail", "rank=1@step=180");
    var pass = run.folder().consumerPass(new NodeId("n0"));
    awaitStep(run, 1);
    var killed = reader(pass);
    var other = reader(pass);
    run.await("claims from both", () -> Optional.of(claims(run)).filter(c -> holders(c) == 2));
    killed.destroyForcibly().waitFor();
    var again = claims(run).getFirst();
    Files.writeString(handedOver.resolve("0-again.range"), again);
    assertEachOnce(run, steps);
    other.destroyForcibly().waitFor();
    var thrownAway = said(run, "thrown away: ");
    System.out.printf(
        "claimed from consumers: %d, thrown away: %s%n", claims(run).size(), thrownAway);
    assertThat(thrownAway).anyMatch(line -> line.contains("stale lease: range=" + again));
  }

  private static List<String> claims(MusterProcess run) {
    return said(run, "claimed: ");
  }

  private static long holders(List<String> claims) {
    return claims.stream().map(claim -> LentRange.parse(claim).holder()).distinct().count();
  }

  /** What workers printed behind these words. */
  private static List<String> said(MusterProcess run, String words) {
    var lines = new ArrayList<String>();
    try (var workers = Files.list(run.folder().logs())) {
      for (var worker : workers.sorted().toList()) {
        var file = worker.resolve("stdout.log");
        for (var line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
          if (line.startsWith(words)) {
            lines.add(line.substring(words.length()));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines;
  }

  private Process reader(Path pass) throws IOException {
    var command = new ArrayList<>(JavaCommand.trainer(StreamReader.class.getName()));
    command.addAll(List.of(pass.toString(), handedOver.toString()));
    return new ProcessBuilder(command).inheritIO().start();
  }

  @Test
  void givenAPassThatIsWrong_whenAConsumerConnects_thenItIsNotLetIn() throws Exception {
    var run = start(1, STEPS, "--spares", "0");
    awaitStep(run, 1);
    var pass = run.folder().consumerPass(new NodeId("n0"));
    assertThat(Files.getPosixFilePermissions(pass)).hasSize(2);
    var lines = Files.readAllLines(pass);
    var forged = handedOver.resolve("forged");
    Files.write(forged, List.of(lines.get(0), lines.get(1), "00".repeat(32)));
    assertThatThrownBy(() -> RangeConsumer.connect(forged))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("did not let this consumer in");
    try (var consumer = RangeConsumer.connect(pass)) {
      assertThatThrownBy(() -> consumer.next("recrods", 1))
          .hasMessageContaining("no such dataset: dataset=recrods known=[records]");
    }
    assertThat(run.awaitResult().exitCode()).isZero();
  }
}
