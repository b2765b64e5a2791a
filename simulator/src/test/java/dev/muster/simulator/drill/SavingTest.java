package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Drills whose job makes checkpoints of its own. */
final class SavingTest {
  private static final String JOB =
      """
      horizon = 120s, fleet { nodes = 4, slots = 3, nodes-per-rack = 1, racks-per-power = 1 }
      job {
        workers = 8, min-workers = 2, spares = 2, step = 100ms
        checkpoint { memory-every = 5, bytes-per-rank = 64MiB, keep-last = 3
          %s }
      }
      policy.a { lease = 5s, beat = 250ms }
      expect { never = [violation] }
      faults = [ %s ]
      """;

  private static Outcome play(String checkpoint, String faults) {
    var drill = DrillReader.parse(String.format(Locale.ROOT, JOB, checkpoint, faults));
    var outcome = DrillRun.play(drill, 1);
    assertThat(outcome.violations()).isEmpty();
    assertThat(DrillRun.play(drill, 1, HostKind.ACTORS)).isEqualTo(outcome);
    return outcome;
  }

  /** Steps that one loss of all workers at a minute cost. */
  private static long redone(Outcome outcome) {
    return outcome.recoveries().stream().mapToLong(r -> r.stepsRedone()).sum();
  }

  private static final String ALL_WORKERS = "{ do = %s, at = 60s, pick.nodes = 4, for = 2s }";

  @Test
  void givenSnapshots_whenAllAgentsAreKilledWithTheirWorkers_thenFewStepsAreRedone() {
    var outcome = play("", ALL_WORKERS.formatted("agent-kill"));
    assertThat(outcome.recoveries()).isNotEmpty();
    assertThat(redone(outcome)).isBetween(0L, 10L);
  }

  @Test
  void givenSnapshots_whenAllHostsReboot_thenAllIsLost() {
    assertThat(redone(play("", ALL_WORKERS.formatted("reboot")))).isGreaterThan(400);
  }

  @Test
  void givenCheckpointsOnStorage_whenAllHostsReboot_thenTheNewestOneIsRestored() {
    var outcome = play("persist = 5s", ALL_WORKERS.formatted("reboot"));
    assertThat(redone(outcome)).isBetween(1L, 120L);
  }

  /** Of 100 ms a step; a save that is copied in {@code saveMs} holds up half of that more. */
  private static String chosen(long saveMs) {
    return "memory-every = auto, copy-per-second = " + (64L << 20) * 1000 / saveMs;
  }

  @Test
  void givenSavesThatHoldUpSteps_whenTheIntervalIsChosen_thenItIsLonger_andFewerStepsAreLost() {
    var dear = play(chosen(800), "");
    var fixed = play(chosen(800).replace("auto", "8"), "");
    assertThat(dear.steps()).isGreaterThan(fixed.steps() * 3 / 2);
  }

  @Test
  void givenSavesThatCostNothing_whenTheIntervalIsChosen_thenOneStepAtMostIsRedone() {
    assertThat(redone(play(chosen(1), ALL_WORKERS.formatted("agent-kill")))).isBetween(0L, 2L);
  }
}
