package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.simulator.fault.Verb;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each verb does to a cluster what its name says, and training goes on. */
class VerbTest {
  private static final String SMALL =
      "horizon = 5m, fleet { nodes = 8, slots = 3, nodes-per-rack = 2 }, job { workers = 12, spares"
          + " = 4, min-workers = 4, step = 100ms }\n";

  static Outcome play(String fault) {
    var drill = DrillReader.parse(SMALL + "faults = [" + fault + "]");
    var outcome = DrillRun.play(drill, 1);
    assertThat(outcome.violations()).as("seed=1 faults=%s %s", fault, outcome.told()).isEmpty();
    assertThat(outcome.end()).as(fault).isEmpty();
    return outcome;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ do = crash, at = 1m, pick { nodes = 25% } }",
        "{ do = spare-exhaustion, at = 1m, for = 1m }",
        "{ do = slow-start, at = 1m, factor = 5, node = 1 }, { do = crash, at = 61s, node = 1 }",
        "{ do = reboot, at = 1m }",
        "{ do = maintenance, at = 1m, for = 1m }",
        "{ do = clock-step, at = 1m, by = 3s, node = 2 }",
        "{ do = clock-step, at = 1m, by = 1h, node = 2 }",
        "{ do = clock-drift, at = 1m, factor = 1.04, for = 2m, node = 2 }",
        "{ do = clock-drift, at = 1m, factor = 0.97, for = 2m, node = 2 }",
        "{ do = partition-in, at = 1m, for = 4s }",
        "{ do = partition-in, at = 1m, for = 40s }",
        "{ do = partition-out, at = 1m, for = 4s }",
        "{ do = partition-out, at = 1m, for = 40s }",
        "{ do = link-delay, at = 1m, by = 200ms, for = 1m }",
        "{ do = link-loss, at = 1m, factor = 0.2, for = 1m }",
        "{ do = master-pause, at = 1m, for = 8s }",
        "{ do = master-kill, at = 1m, times = 2, gap = 4s, for = 1s }",
        "{ do = journal-slow, at = 1m, factor = 100 }, { do = crash, at = 61s }",
        "{ do = partial-partition, at = 1m, for = 30s }",
        "{ do = rack-down, at = 1m, for = 1m }",
        "{ do = switch-down, at = 1m, for = 30s }",
        "{ do = power-loss, at = 1m, for = 1m }",
        "{ do = swizzle, at = 1m, pick { racks = 2 }, spread = 4s, for = 6s }",
        "{ do = link-flap, at = 1m, for = 2s }",
        "{ do = lemon, at = 10s, gap = 20s, for = 2m }",
      })
  void givenOneFault_whenPlayed_thenNoInvariantBreaksAndTrainingGoesOn(String fault) {
    var outcome = play(fault);
    assertThat(outcome.told()).as(fault).isNotEmpty().noneMatch(line -> line.contains("nothing"));
    assertThat(outcome.goodput()).as(fault + " " + outcome).isGreaterThan(0.5);
  }

  @Test
  void givenAHostAtHalfSpeed_whenPlayed_thenTheWholeGroupIsSlowThatLong() {
    double whole = play("").goodput();
    double slowed = play("{ do = fail-slow, at = 1m, for = 2m, factor = 0.5, node = 0 }").goodput();
    assertThat(whole - slowed).isBetween(0.19, 0.21); // half of two minutes in five
  }

  @Test
  void givenAConditionOnRecovery_whenAFaultStrikes_thenTheNextStrikesDuringTheRecovery() {
    var outcome =
        play(
            "{ do = crash, at = 1m, node = 0 }, { do = crash, when = recovering, after = 5ms,"
                + " at-most = 1 }");
    assertThat(outcome.told()).hasSize(2);
    double apart = seconds(outcome.told().get(1)) - seconds(outcome.told().get(0));
    assertThat(apart).isBetween(0.005, 0.5);
  }

  @Test
  void givenTheConditionOfAGeneration_whenItForms_thenTheFaultStrikesOnce() {
    var outcome =
        play(
            "{ do = crash, every = 30s }, { do = node-down, when = \"generation 2 formed\", for ="
                + " 1m }");
    assertThat(outcome.told()).filteredOn(line -> line.contains("node-down")).hasSize(1);
  }

  private static double seconds(String told) {
    return Double.parseDouble(told.split(" ")[0]);
  }

  /** The master takes a command that cannot be started for an error of the user. */
  @Test
  void givenRefusedLaunches_whenAWorkerIsReplaced_thenTheJobEndsAfterThreeTriesWithoutProgress() {
    var drill =
        DrillReader.parse(
            SMALL
                + "faults = [{ do = launch-refused, at = 1m, node = 0 }, { do = crash, at = 61s,"
                + " node = 0 }]");
    assertThat(DrillRun.play(drill, 1).end()).contains("no more processes", "no progress");
  }

  static List<Verb> refused() {
    return Arrays.stream(Verb.values()).filter(Verb::refused).toList();
  }

  @ParameterizedTest
  @MethodSource("refused")
  void givenAVerbThatNeedsMore_whenRead_thenItIsRefusedWithWhatItNeeds(Verb verb) {
    assertThatThrownBy(() -> DrillReader.parse("faults = [{ do = " + verb.text() + ", at = 1m }]"))
        .hasMessageContaining("cannot do this yet: do=" + verb.text() + " needs " + verb.needs());
  }
}
