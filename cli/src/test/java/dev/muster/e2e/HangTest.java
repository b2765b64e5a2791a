package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.process.LiveWorkers;
import dev.muster.protocol.local.ControlPage.Phase;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A worker that makes no progress is found, named, killed and replaced. */
@Timeout(120)
class HangTest {
  private static final int WORKERS = 4;
  private static final int STEPS = 300;
  private static final long FLOOR_MS = 2_000;

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  @Test
  void givenAWorkerThatCallsNoCollectivesAndAStoppedOne_whenTheyStall_thenNamedKilledAndReplaced() {
    var random = Seed.random(HangTest.class);
    var expected = SmallModel.undisturbed(muster, WORKERS, STEPS);
    int sleeper = random.nextInt(WORKERS);
    int stopped = random.nextInt(WORKERS);
    var once = muster.directory().resolve("slept");
    var plan = new FaultyTrainer.Plan(FaultyTrainer.Defect.SLEEP, sleeper, 60, once);
    var run = muster.run(FaultyTrainer.flags(WORKERS, STEPS, plan, "--spares", "1"));
    assertNamed(run, "rank " + sleeper + " ", "phase=COMPUTING");
    stop(run, stopped);
    assertNamed(run, "rank " + stopped + " ", "process=stopped");
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.parametersDigest()).isEqualTo(expected.result().parametersDigest());
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.recoveries()).hasSize(2);
  }

  private static void stop(MusterProcess run, int rank) {
    try (var workers = new LiveWorkers(run.folder())) {
      run.await("step 150", () -> Optional.of(1).filter(s -> workers.step() >= 150));
    }
    ProcessTable.signal(run.awaitRecoveries(1).ranks().get(rank).pid(), "STOP");
  }

  @Test
  void givenAStoppedSpare_whenItIsNeeded_thenItIsFoundBeforeItsStartTimeIsOver() {
    var run = muster.run(SmallModel.flags(2, STEPS, "--spares", "1"));
    run.awaitProgress("a spare the master knows of", p -> p.step() > 0 && p.spares() == 1);
    var spare = run.await("the spare", () -> spare(run));
    ProcessTable.signal(spare, "STOP");
    ProcessTable.kill(run.rankPid(1));
    assertNamed(run, "rank 1 ", "pid " + spare);
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    System.out.println(result.recoveries());
  }

  /** Who is ready and in no group. */
  private static Optional<Long> spare(MusterProcess run) {
    try (var workers = new LiveWorkers(run.folder())) {
      return workers.members().size() < 2
          ? Optional.empty()
          : workers.look().stream()
              .filter(w -> w.generation() == 0 && w.phase() == Phase.IDLE)
              .map(LiveWorkers.Worker::pid)
              .findFirst();
    }
  }

  /**
   * The bound that the evidence names is max(3 × p99 step, 2 s); up to five times that is granted
   * to a machine that has other things to do.
   */
  private static void assertNamed(MusterProcess run, String rank, String evidence) {
    var text = run.awaitEvent("worker.hung").text();
    System.out.println(text);
    assertThat(text).startsWith(rank).contains("hangs in step", "killed", evidence);
    long boundMs = number(text, "boundMs=");
    assertThat(boundMs).isGreaterThanOrEqualTo(FLOOR_MS);
    assertThat(number(text, "stalledMs=")).isBetween(boundMs, 5 * boundMs);
  }

  private static long number(String text, String key) {
    var matcher = Pattern.compile(key + "(\\d+)").matcher(text);
    assertThat(matcher.find()).as("%s in %s", key, text).isTrue();
    return Long.parseLong(matcher.group(1));
  }
}
