package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.e2e.FaultyTrainer.Defect;
import dev.muster.e2e.FaultyTrainer.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ranks take ranges of a step as they have room; the step's samples stay those of step mode. */
@Timeout(180)
class LeasedRangesTest {
  private static final int STEPS = 50;
  private static final double TOLERANCE = 1e-5; // sums are taken in another order

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private static String[] leased(int rangeSize, String... more) {
    var flags = new String[more.length + 2];
    flags[0] = "-Dmuster.data.mode=leased";
    flags[1] = "-Dmuster.data.range-size=" + rangeSize;
    System.arraycopy(more, 0, flags, 2, more.length);
    return flags;
  }

  @Test
  void givenWorkersThatAreKilled_whenTheyHoldRanges_thenEachSampleIsUsedOnce_andLossesAreTheSame() {
    var expected = SmallModel.undisturbed(muster, 4, STEPS);
    var more = leased(2, "--spares", "1", "--fail", "rank=2@step=20", "--fail", "rank=0@step=35");
    var run = muster.run(SmallModel.flags(4, STEPS, more));
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.recoveries()).hasSize(2);
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.samples().delivered()).isEqualTo(expected.result().samples().delivered());
    SmallModel.losses(run)
        .forEach((step, loss) ->
            assertThat(loss)
                .as("step %d", step)
                .isCloseTo(expected.losses().get(step), within(TOLERANCE * loss)));
  }

  @Test
  void givenARankThatIsSlow_whenRangesAreTaken_thenItTakesFewerThanTheOther() throws Exception {
    var plan = new Plan(Defect.SLOW, 0, 0, null);
    var run = muster.run(FaultyTrainer.flags(2, 15, plan, leased(1, "--spares", "0")));
    var result = run.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    var used = used(run);
    System.out.println("samples used, by worker: " + used);
    assertThat(used).hasSize(2);
    long few = used.values().stream().mapToLong(Long::longValue).min().orElseThrow();
    long many = used.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    assertThat(many).as("the fast one waits for nobody").isGreaterThan(2 * few);
  }

  /** Samples delivered, by worker. */
  private static TreeMap<String, Long> used(MusterProcess run) throws IOException {
    var used = new TreeMap<String, Long>();
    try (var logs = Files.list(run.folder().samples())) {
      for (var log : logs.toList()) {
        for (var line : Files.readAllLines(log)) {
          var words = line.split(" ", -1);
          if (words[0].equals("D") && !words[4].isEmpty()) {
            used.merge(log.getFileName().toString(), (long) words[4].split(",").length, Long::sum);
          }
        }
      }
    }
    return used;
  }

  /** The state of the start step says all there is to know about the data. */
  @Test
  void givenEverythingIsDead_whenResumedFromASnapshot_thenItGoesOnWithWhatWasNotUsed() {
    int steps = 300;
    var flags = leased(3, "--spares", "0", "-Dmuster.checkpoint.memory-every=5");
    var run = muster.run(SmallModel.flags(2, steps, flags));
    run.awaitStep(50);
    ProcessTable.kill(run.agentPid("n0")); // and with it the workers
    ProcessTable.kill(run.masterPid());
    run.awaitExit();
    var again = muster.command(run.folder(), "run", "--resume", run.folder().run().name());
    var formed = again.awaitEvent("generation.formed", e -> e.text().contains("from memory"));
    System.out.println(formed.text());
    var result = again.awaitResult();
    assertThat(result.exitCode()).isZero();
    assertThat(result.samples().exactlyOnce()).isTrue();
    assertThat(result.samples().committedSteps()).isEqualTo(steps);
  }
}
