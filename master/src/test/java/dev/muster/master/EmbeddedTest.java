package dev.muster.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.run.RunState;
import dev.muster.worker.TrainerFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedTest {
  private static final TrainerFactory PLAIN =
      (settings, seed) -> new MeanTrainer((rank, step) -> {});

  @TempDir Path folder;

  @Test
  void givenTwoWorkers_whenTheJobEnds_thenEverySampleWasUsedOnceAndTheResultIsWritten()
      throws Exception {
    var root = folder.resolve("run-two");
    Result result = train(root, Map.of("muster.job.workers", "2", "muster.job.steps", "30"), PLAIN);

    assertThat(result.state()).as(result.reason()).isEqualTo(RunState.SUCCEEDED);
    assertThat(result.steps()).isEqualTo(30);
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(RunFiles.read(new RunFolder(root).result(), Result.class)).contains(result);
    assertThat(new RunFolder(root).shared()).as("nothing is left in shared memory").doesNotExist();
  }

  @Test
  void givenATrainerThatThrowsOnce_whenItsRankIsReplaced_thenTheParametersEqualTheUndisturbedRun()
      throws Exception {
    var settings = Map.of("muster.job.workers", "2", "muster.job.steps", "30");
    Result undisturbed = train(folder.resolve("run-plain"), settings, PLAIN);
    var thrown = new AtomicBoolean();

    Result disturbed =
        train(
            folder.resolve("run-throw"),
            settings,
            (given, seed) ->
                new MeanTrainer((rank, step) -> {
                  if (step == 12 && thrown.compareAndSet(false, true)) {
                    throw new IllegalStateException("planted at step 12");
                  }
                }));

    assertThat(disturbed.state()).as(disturbed.reason()).isEqualTo(RunState.SUCCEEDED);
    assertThat(disturbed.generations()).isGreaterThan(1);
    assertThat(disturbed.parametersDigest()).isEqualTo(undisturbed.parametersDigest());
    assertThat(disturbed.samples().exactlyOnce()).isTrue();
  }

  @Test
  void givenAFaultForARank_whenItsStepStarts_thenTheRankIsReplacedAndNoStepIsLost()
      throws Exception {
    var trainers = new AtomicInteger();
    var replaced = new CountDownLatch(1);
    TrainerFactory holding = // the others wait in step 9, so that the steps cannot outrun the fault
        (settings, seed) -> {
          if (trainers.incrementAndGet() == 4) {
            replaced.countDown();
          }
          return new MeanTrainer((rank, step) -> awaitAt(rank != 1 && step == 9, replaced));
        };

    Result result =
        train(
            folder.resolve("run-fault"),
            Map.of(
                "muster.job.workers", "3",
                "muster.job.steps", "40",
                "muster.job.faults", "[\"rank=1@step=9\"]"),
            holding);

    assertThat(result.state()).as(result.reason()).isEqualTo(RunState.SUCCEEDED);
    assertThat(result.recoveries()).hasSize(1);
    assertThat(result.recoveries().getFirst().cause()).contains("SIGKILL");
    assertThat(result.samples().exactlyOnce()).isTrue();
  }

  private static void awaitAt(boolean here, CountDownLatch latch) {
    try {
      if (here && !latch.await(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the rank was not replaced in time");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void givenARunningJob_whenStopped_thenItIsCancelled() throws Exception {
    try (var run =
        Embedded.start(
            folder.resolve("run-stop"),
            Map.of("muster.job.workers", "2", "muster.job.steps", "1000000000"),
            PLAIN)) {
      run.stop();

      assertThat(run.result().get(60, TimeUnit.SECONDS).state()).isEqualTo(RunState.CANCELLED);
    }
  }

  @Test
  void givenAWrongSetting_whenStarted_thenItIsNamedAndNothingIsMade() {
    var root = folder.resolve("run-wrong");
    assertThatThrownBy(() -> Embedded.start(root, Map.of("muster.job.worker", "2"), PLAIN))
        .isInstanceOf(JobSpecException.class)
        .hasMessageContaining("muster.job.worker");
    assertThat(root).doesNotExist();
  }

  private static Result train(Path root, Map<String, String> settings, TrainerFactory trainer)
      throws Exception {
    try (var run = Embedded.start(root, settings, trainer)) {
      return run.result().get(120, TimeUnit.SECONDS);
    }
  }
}
