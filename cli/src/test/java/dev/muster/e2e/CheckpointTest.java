package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.process.LiveWorkers;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.Recovery;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Nobody is left who holds the state: training goes on from what was saved, to the same bits. */
@Timeout(240)
class CheckpointTest {
  private static final int WORKERS = 2;
  private static final int STEPS = 300;

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private MusterProcess start(String... more) {
    return muster.run(SmallModel.flags(WORKERS, STEPS, more));
  }

  private static void awaitStep(MusterProcess run, LiveWorkers workers, long step) {
    run.await("step " + step, () -> Optional.of(step).filter(s -> workers.step() >= s));
  }

  private static void killAll(LiveWorkers workers) {
    workers.look().forEach(w -> ProcessTable.kill(w.pid()));
  }

  private void assertSameTraining(MusterProcess run) {
    var expected = SmallModel.undisturbed(muster, WORKERS, STEPS);
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.samples().committedSteps()).isEqualTo(STEPS);
    assertThat(result.parametersDigest()).isEqualTo(expected.result().parametersDigest());
    assertThat(SmallModel.losses(run)).as("bit for bit").isEqualTo(expected.losses());
  }

  /** One bit of the newest checkpoint's shard is another one; returns the file. */
  private static Path damageNewest(MusterProcess run) throws Exception {
    try (var steps = Files.list(run.folder().checkpoints())) {
      var newest =
          steps
              .filter(step -> Files.exists(step.resolve("manifest.json")))
              .max(Comparator.comparingLong(CheckpointTest::stepOf))
              .orElseThrow();
      try (var files = Files.list(newest)) {
        var shard =
            files.filter(f -> f.toString().endsWith(".safetensors")).findFirst().orElseThrow();
        var bytes = Files.readAllBytes(shard);
        bytes[bytes.length - 100] ^= 1;
        Files.write(shard, bytes);
        return shard;
      }
    }
  }

  private static long stepOf(Path folder) {
    return Long.parseLong(folder.getFileName().toString().substring("step-".length()));
  }

  @Test
  void givenTheNewestCheckpointIsDamaged_whenResumed_thenItIsNamed_andTheOneBeforeIsTaken()
      throws Exception {
    var run =
        start(
            "--spares",
            "0",
            "-Dmuster.checkpoint.memory-every=5",
            "-Dmuster.checkpoint.persist=100ms");
    run.awaitEvent("checkpoint.committed");
    run.awaitEvent("checkpoint.committed");
    killEverything(run);
    Folders.delete(run.folder().shared());
    var damaged = damageNewest(run);
    var again = resumed(run);
    var failed = again.awaitEvent("restore.failed");
    assertThat(failed.text()).contains(damaged.getFileName().toString());
    System.out.println(failed.text());
    var formed =
        again.awaitEvent(
            "generation.formed",
            e -> e.text().contains("from storage") && e.atEpochMillis() > failed.atEpochMillis());
    assertThat(number(formed, "startStep")).isPositive().isLessThan(stepOf(damaged.getParent()));
    assertSameTraining(again);
  }

  @Test
  void givenAShardedState_whenARankIsKilled_thenAllGoBackToTheStepThatAllHaveSaved() {
    var sharded = "-Dmuster.worker.settings.zero=1";
    var every = "-Dmuster.checkpoint.memory-every=2";
    var expected = SmallModel.Outcome.of(start("--spares", "0", sharded, every));
    var run = start("--spares", "1", sharded, every);
    try (var workers = new LiveWorkers(run.folder())) {
      awaitStep(run, workers, 60);
      ProcessTable.kill(run.rankPid(1));
    }
    var formed = run.awaitEvent("generation.formed", e -> e.text().contains("read from memory"));
    assertThat(number(formed, "startStep")).isGreaterThanOrEqualTo(56);
    assertThat(number(formed, "lostSteps")).isBetween(0L, 3L);
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.parametersDigest()).isEqualTo(expected.result().parametersDigest());
    assertThat(SmallModel.losses(run)).as("bit for bit").isEqualTo(expected.losses());
  }

  /** The host is gone with all that was in its memory. */
  private static void killHost(MusterProcess run, String node) throws Exception {
    long agent = run.agentPid(node);
    try (var workers = new LiveWorkers(run.folder())) {
      ProcessTable.kill(agent);
      workers.look().stream()
          .filter(w -> w.worker().startsWith(node + "-"))
          .forEach(w -> ProcessTable.kill(w.pid()));
    }
    Folders.delete(run.folder().shared().resolve("snapshots-" + node));
  }

  @Test
  void givenAShardedState_whenAHostIsLost_thenItsShardsComeFromCopiesAtAPeer() throws Exception {
    var sharded =
        new String[] {
          "--agents",
          "2",
          "--spares",
          "0",
          "-Dmuster.worker.settings.zero=1",
          "-Dmuster.checkpoint.memory-every=2",
          "-Dmuster.checkpoint.copy=100ms",
          "-Dmuster.checkpoint.persist=0s"
        };
    var expected = SmallModel.Outcome.of(start(sharded));
    var run = start(sharded);
    System.out.println(run.awaitEvent("copies.placed").text());
    System.out.println(run.awaitEvent("copies.complete").text());
    killHost(run, "n1");
    var formed = run.awaitEvent("generation.formed", e -> e.text().contains("read from memory"));
    System.out.println(formed.text());
    assertThat(number(formed, "startStep")).isPositive();
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.parametersDigest()).isEqualTo(expected.result().parametersDigest());
    assertThat(SmallModel.losses(run)).as("bit for bit").isEqualTo(expected.losses());
  }

  private static long number(Event event, String field) {
    return ((Number) event.fields().get(field)).longValue();
  }

  @Test
  void givenAllWorkersKilledAtOnce_whenNewOnesStart_thenTheyGoOnFromTheHostsMemory() {
    var run = start("--spares", "0", "-Dmuster.checkpoint.memory-every=5");
    try (var workers = new LiveWorkers(run.folder())) {
      awaitStep(run, workers, 60);
      killAll(workers);
    }
    var formed = run.awaitEvent("generation.formed", e -> e.text().contains("read from memory"));
    assertThat(number(formed, "startStep") % 5).isZero();
    assertThat(number(formed, "startStep")).isGreaterThanOrEqualTo(55);
    assertThat(number(formed, "lostSteps")).isLessThanOrEqualTo(5);
    assertSameTraining(run);
    assertThat(run.awaitResult().recoveries())
        .first()
        .satisfies(r -> assertThat(r.kind()).isEqualTo(Recovery.Kind.RESTART));
  }

  /** Long enough that the test ends it. */
  private static final int ENDLESS = 1_000_000;

  private String command(MusterProcess run, String... arguments) {
    var command = muster.command(run.folder(), arguments);
    assertThat(command.awaitExit()).as(command.output()).isZero();
    return command.output();
  }

  @Test
  void givenTraining_whenAnOperatorAsksForACheckpoint_thenItIsOnStorage_longBeforeOneIsDue() {
    var run =
        muster.run(
            SmallModel.flags(WORKERS, ENDLESS, "--spares", "0", "-Dmuster.checkpoint.persist=1h"));
    try (var workers = new LiveWorkers(run.folder())) {
      awaitStep(run, workers, 20);
    }
    var root = run.folder().root().toString();
    assertThat(command(run, "checkpoints", "now", root)).contains("goes to storage");
    var committed = run.awaitEvent("checkpoint.committed");
    assertThat(run.events("checkpoint.requested")).hasSize(1);
    assertThat(command(run, "checkpoints", "list", root)).contains("complete");
    assertThat(command(run, "checkpoints", "verify", "--deep", root)).contains("valid");
    System.out.println(committed.text());
    ProcessTable.signal(run.pid(), "INT");
    run.awaitExit();
  }

  @Test
  void givenTraining_whenAnAgentIsTerminated_andThenTheRun_thenTheNewestStepIsSavedBeforeEach() {
    var run =
        muster.run(
            SmallModel.flags(
                WORKERS,
                ENDLESS,
                "--agents",
                "2",
                "--min-workers",
                "1",
                "--spares",
                "0",
                "-Dmuster.checkpoint.persist=1h"));
    try (var workers = new LiveWorkers(run.folder())) {
      awaitStep(run, workers, 40);
    }
    ProcessTable.signal(run.agentPid("n1"), "TERM");
    var drained = run.awaitEvent("node.draining");
    var first = run.awaitEvent("checkpoint.committed");
    var lost = run.awaitEvent("node.lost");
    assertThat(drained.text()).contains("node n1 leaves");
    assertThat(lost.text()).contains("node n1 is lost");
    System.out.println(first.text());
    run.awaitEvent("generation.formed");
    run.awaitEvent("recovery.done");
    ProcessTable.signal(run.pid(), "INT");
    assertThat(run.awaitExit()).isEqualTo(130);
    assertThat(run.events("job.draining")).hasSize(1);
    assertThat(run.events("checkpoint.committed")).hasSize(2);
    System.out.println(run.events("checkpoint.committed").getLast().text());
    assertThat(command(run, "checkpoints", "verify", "--deep", run.folder().root().toString()))
        .contains("valid")
        .doesNotContain("damaged");
  }

  /** Kills the agent, whose warden ends its workers, and the master. */
  private static void killEverything(MusterProcess run) {
    ProcessTable.kill(run.agentPid("n0"));
    ProcessTable.kill(run.masterPid());
    run.awaitExit();
    run.processes().forEach(ProcessHandle::destroyForcibly);
    assertThat(Await.that(Duration.ofSeconds(20), () -> run.processes().isEmpty()))
        .as("all is dead")
        .isTrue();
  }

  private MusterProcess resumed(MusterProcess run) {
    return muster.command(run.folder(), "run", "--resume", run.folder().run().name());
  }

  @Test
  void givenEverythingIsDead_whenResumedOnTheHost_thenItGoesOnFromItsMemory() {
    var run = start("--spares", "0", "-Dmuster.checkpoint.memory-every=5");
    try (var workers = new LiveWorkers(run.folder())) {
      awaitStep(run, workers, 60);
      killEverything(run);
    }
    var again = resumed(run);
    var formed = again.awaitEvent("generation.formed", e -> e.text().contains("from memory"));
    assertThat(number(formed, "startStep")).isGreaterThanOrEqualTo(55);
    assertSameTraining(again);
    assertThat(run.folder().shared()).as("taken along by the agent").doesNotExist();
  }

  @Test
  void givenEverythingIsDeadAndMemoryIsGone_whenResumed_thenItGoesOnFromStorage() {
    var run =
        start(
            "--spares",
            "0",
            "-Dmuster.checkpoint.memory-every=5",
            "-Dmuster.checkpoint.persist=100ms");
    run.awaitEvent("checkpoint.committed"); // may be told before the journal holds it
    var committed = run.awaitEvent("checkpoint.committed");
    System.out.println(committed.text());
    killEverything(run);
    Folders.delete(run.folder().shared());
    var again = resumed(run);
    var formed = again.awaitEvent("generation.formed", e -> e.text().contains("from storage"));
    assertThat(number(formed, "startStep")).isPositive();
    assertSameTraining(again);
    assertThat(again.events("checkpoint.committed"))
        .last()
        .satisfies(e -> assertThat(e.text()).startsWith("step " + STEPS + " "));
  }
}
