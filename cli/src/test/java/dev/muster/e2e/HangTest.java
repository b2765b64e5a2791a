package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A worker that makes no progress is found, named, killed and replaced. */
@Timeout(120)
class HangTest {
  private static final int WORKERS = 4;
  private static final int STEPS = 300;
  private static final double FLOOR_MS = 2_000;

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  @Test
  void givenAStoppedWorker_whenItStalls_thenItIsNamedKilledAndReplaced() {
    var random = Seed.random(HangTest.class);
    var expected = SmallModel.undisturbed(muster, WORKERS, STEPS);
    int rank = random.nextInt(WORKERS);
    var run = muster.run(SmallModel.flags(WORKERS, STEPS, "--spares", "1"));
    long pid = run.rankPid(rank);
    try (var workers = new LiveWorkers(run)) {
      run.await("step 60", () -> Optional.of(1).filter(s -> workers.step() >= 60));
    }
    long stoppedAt = System.currentTimeMillis();
    ProcessTable.signal(pid, "STOP");
    assertFound(run, rank, stoppedAt, expected);
    assertThat(ProcessTable.runs(pid)).isFalse();
  }

  @Test
  void givenAWorkerThatStopsCallingCollectives_whenItStalls_thenItIsNamedKilledAndReplaced() {
    var expected = SmallModel.undisturbed(muster, WORKERS, STEPS);
    var once = muster.directory().resolve("slept");
    var plan = new FaultyTrainer.Plan(FaultyTrainer.Defect.SLEEP, 2, 60, once);
    var run = muster.run(FaultyTrainer.flags(WORKERS, STEPS, plan, "--spares", "1"));
    run.await("the sleep", () -> Optional.of(once).filter(java.nio.file.Files::exists));
    assertFound(run, 2, System.currentTimeMillis(), expected);
  }

  @Test
  void givenAStoppedSpare_whenItIsNeeded_thenItIsFoundBeforeItsStartTimeIsOver() {
    var run = muster.run(SmallModel.flags(3, 40, "--spares", "1", "--fail", "rank=1@step=20"));
    var spare = run.await("the spare", () -> spare(run));
    ProcessTable.signal(spare, "STOP");
    assertThat(run.awaitEvent("worker.hung").text()).contains("pid " + spare);
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    System.out.println(result.recoveries());
  }

  /** Who is ready and in no group. */
  private static Optional<Long> spare(MusterProcess run) {
    try (var workers = new LiveWorkers(run)) {
      return workers.members().size() < 3
          ? Optional.empty()
          : workers.look().stream()
              .filter(w -> w.generation() == 0)
              .map(LiveWorkers.Worker::pid)
              .findFirst();
    }
  }

  private static void assertFound(
      MusterProcess run, int rank, long sinceMillis, SmallModel.Outcome expected) {
    var hung = run.awaitEvent("worker.hung");
    assertThat(hung.text()).startsWith("rank " + rank + " ").contains("hangs in step");
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.parametersDigest()).isEqualTo(expected.result().parametersDigest());
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.recoveries()).hasSize(1);
    assertThat(result.recoveries().getFirst().kind()).isEqualTo(Recovery.Kind.SPARE);
    assertInTime(result, hung, sinceMillis);
  }

  /**
   * The bound is max(3 × p99 step, 2 s); the factor of 5 is for a machine that has other things to
   * do.
   */
  private static void assertInTime(Result result, Event hung, long sinceMillis) {
    double stalledMs = result.recoveries().getFirst().detectMs();
    System.out.println(
        "stalled "
            + stalledMs
            + " ms, told "
            + (hung.atEpochMillis() - sinceMillis)
            + " ms after the fault: "
            + hung.text());
    assertThat(stalledMs).isBetween(FLOOR_MS, 5 * FLOOR_MS);
  }
}
