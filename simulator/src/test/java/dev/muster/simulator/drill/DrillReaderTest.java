package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Drill files: defaults, and errors that help. */
class DrillReaderTest {
  @Test
  void givenNothing_whenRead_thenEveryKeyHasItsDefault() {
    var drill = DrillReader.parse("");
    assertThat(drill.nodes()).isEqualTo(8);
    assertThat(drill.policy().leaseNs()).isEqualTo(15_000_000_000L);
    assertThat(drill.other()).isEmpty();
    assertThat(drill.seeds()).containsExactly(1L);
  }

  @Test
  void givenSeveralErrors_whenRead_thenAllAreToldWithLineAndNearestKey() {
    assertThatThrownBy(() ->
            DrillReader.parse(
                """
                horizn = 1h
                fleet { nodes = many }
                faults = [
                  { do = chrash, at = 1m }
                  { do = crash, at = 1m, evry = 2m }
                ]
                """))
        .hasMessageContaining("1: horizn = 1h: unknown key; nearest known key: horizon")
        .hasMessageContaining("2: fleet.nodes = many: expected a whole number")
        .hasMessageContaining("4: do = chrash: unknown fault: do=chrash; nearest known: crash")
        .hasMessageContaining("5: evry = 2m: unknown key; nearest known key: every");
  }

  @Test
  void givenPods_whenRead_thenTheFleetIsTheirProductAndTheSpares() {
    var drill =
        DrillReader.parse(
            "fleet { pods = 2, racks-per-pod = 3, nodes-per-rack = 10, gpus-per-node = 4, spares ="
                + " 5% }");
    assertThat(drill.nodes()).isEqualTo(63);
    assertThat(drill.slots()).isEqualTo(5);
  }

  @Test
  void givenPolicyB_whenRead_thenWhatItDoesNotSayIsAsInA() {
    var drill =
        DrillReader.parse("job { spares = 3 }, policy { a { lease = 30s }, b { spares = 0 } }");
    var other = drill.withOther().orElseThrow().policy();
    assertThat(other.spares()).isZero();
    assertThat(other.leaseNs()).isEqualTo(30_000_000_000L);
    assertThat(drill.policy().spares()).isEqualTo(3);
  }

  @Test
  void givenContradictions_whenRead_thenTheyAreTold() {
    assertThatThrownBy(() -> DrillReader.parse("job { workers = 100 }"))
        .hasMessageContaining("not enough slots");
    assertThatThrownBy(() -> DrillReader.parse("policy.a { lease = 1s, beat = 500ms }"))
        .hasMessageContaining("a third of policy.a.lease");
    assertThatThrownBy(
            () -> DrillReader.parse("phases { liveness = 10m, core = 10% }, job.min-workers = 20"))
        .hasMessageContaining("nothing could finish");
    assertThatThrownBy(() -> DrillReader.parse("faults = [{ do = crash, at = 1m, node = 8 }]"))
        .hasMessageContaining("the fleet has 8");
    assertThatThrownBy(() -> DrillReader.parse("faults = [{ do = fail-slow, at = 1m }]"))
        .hasMessageContaining("needs factor: the speed left");
    assertThatThrownBy(() -> DrillReader.parse("buggify = [order-twice, all]"))
        .hasMessageContaining("expected none, drawn, or a list of order-twice, revoke-again");
  }

  @Test
  void givenAProfile_whenRead_thenItsCostsAreThoseOfTheWorldSize() {
    var drill =
        DrillReader.parse(
            "profile = llama3-h100, fleet { nodes = 2048 }, job { workers = 16384, restore = 5s }");
    assertThat(drill.costs().joinNs()).isEqualTo(17_000_000_000L);
    assertThat(drill.costs().startNs()).isEqualTo(123_000_000_000L);
    assertThat(drill.costs().restoreNs()).isEqualTo(5_000_000_000L); // the drill's own word
    assertThat(drill.policy().startTimeoutNs()).isGreaterThan(drill.costs().startNs());
  }

  @Test
  void givenALivenessPhase_whenPlayed_thenNoFaultIsInItAndTheCoreGoesOn() {
    var drill =
        DrillReader.parse(
            """
            phases { safety = 4m, liveness = 2m, core = 75% }
            fleet { nodes = 8, slots = 3 }, job { workers = 12, spares = 4, min-workers = 4, step = 100ms }
            faults = [{ do = node-down, every = 30s, for = 1h }, { do = crash, every = 20s }]
            """);
    var outcome = DrillRun.play(drill, 3);
    assertThat(outcome.violations()).as("seed=3 %s", outcome.told()).isEmpty();
    long untilNs = drill.window().untilNs();
    assertThat(outcome.played().faults()).allMatch(f -> f.atNs() <= untilNs);
    assertThat(outcome.played().faults().getLast().nodes()).hasSize(2);
  }
}
