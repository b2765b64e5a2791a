package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.run.Recovery;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Drills on the production cores of master and agents. */
class DrillTest {
  private static final String SMALL =
      "horizon = 10m, fleet { nodes = 4, slots = 3 }, job { workers = 8, spares = 2, step = 100ms"
          + " }\n";

  private static Outcome play(String faults, long seed) {
    return DrillRun.play(DrillReader.parse(SMALL + "faults = [" + faults + "]"), seed);
  }

  @Test
  void givenNoFault_whenPlayed_thenNothingIsLostAfterTheStart() {
    var outcome = play("", 1);
    assertThat(outcome.violations()).isEmpty();
    assertThat(outcome.generations()).isEqualTo(1);
    assertThat(outcome.goodput()).isBetween(0.99, 1.0);
  }

  @Test
  void givenACrash_whenPlayed_thenTheSpareTakesItsPlaceAndNoStepIsLost() {
    var outcome = play("{ do = crash, at = 1m, node = 1 }", 1);
    assertThat(outcome.violations()).isEmpty();
    assertThat(outcome.recoveries())
        .singleElement()
        .satisfies(r -> assertThat(r.kind()).isIn(Recovery.Kind.SPARE, Recovery.Kind.REBUILD));
    assertThat(outcome.goodput()).isGreaterThan(0.99);
  }

  /**
   * Once for the end of the old group, once for the first step of the new one; the ranks do not
   * wait for what they tell in between.
   */
  @Test
  void givenAMasterThatTakesTimeForAMessage_whenManyAnswerAtOnce_thenARecoveryIsLonger() {
    double quick = recoveryMs("0s");
    assertThat(recoveryMs("1ms") - quick).isBetween(2 * 64.0, 3 * 64.0);
    assertThat(recoveryMs("20us") - quick).isBetween(0.0, 3 * 64 * 0.02);
  }

  private static double recoveryMs(String service) {
    var drill =
        DrillReader.parse(
            "horizon = 5m, fleet { nodes = 72, slots = 1 }, job { workers = 64, spares = 8 },"
                + " master { service = "
                + service
                + " }, faults = [{ do = crash, at = 2m, node = 0 }]");
    var outcome = DrillRun.play(drill, 1);
    assertThat(outcome.violations()).isEmpty();
    return outcome.recoveries().getFirst().totalMs();
  }

  @Test
  void givenAHang_whenPlayed_thenTheProductionDetectorFindsIt() {
    var outcome = play("{ do = hang, at = 1m, node = 2 }", 1);
    assertThat(outcome.violations()).isEmpty();
    assertThat(outcome.recoveries()).hasSize(1);
    assertThat(outcome.recoveries().getFirst().detectMs()).isBetween(1900.0, 5000.0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ do = node-down, at = 1m, node = 0, for = 2m }",
        "{ do = agent-kill, at = 1m, node = 0, for = 5s }",
        "{ do = partition, at = 1m, node = 0, for = 3s }",
        "{ do = partition, at = 1m, node = 0, for = 40s }",
        "{ do = agent-pause, at = 1m, node = 0, for = 40s }",
        "{ do = master-kill, at = 1m, for = 2s }",
        "{ do = master-kill, at = 1m, for = 30s }", // beyond the lease: begins again
      })
  void givenOneFault_whenPlayed_thenTrainingGoesOn(String fault) {
    var outcome = play(fault, 1);
    assertThat(outcome.violations()).isEmpty();
    assertThat(outcome.end()).isEmpty();
    assertThat(outcome.goodput()).as(outcome.toString()).isGreaterThan(0.8);
  }

  @Test
  void givenManyFaults_whenManySeedsArePlayed_thenNoInvariantBreaks() {
    String faults =
        """
        { do = crash, every = 20s }, { do = hang, every = 60s }, { do = partition, every = 60s, for = 8s },
        { do = node-down, every = 100s, for = 30s }, { do = agent-pause, every = 100s, for = 20s },
        { do = agent-kill, every = 100s, for = 2s }, { do = master-kill, every = 100s, for = 3s }\
        """;
    for (long seed = 1; seed <= 20; seed++) {
      var outcome = play(faults, seed);
      assertThat(outcome.violations()).as("seed=%d %s", seed, outcome.told()).isEmpty();
    }
  }

  @Test
  void givenTheSameSeed_whenPlayedTwice_thenTheHistoryIsTheSame() {
    String faults = "{ do = crash, every = 30s }, { do = partition, every = 60s, for = 3s }";
    assertThat(play(faults, 7)).isEqualTo(play(faults, 7));
    assertThat(play(faults, 7).traceHash()).isNotEqualTo(play(faults, 8).traceHash());
  }

  @Test
  void givenAWrongDrill_whenRead_thenItSaysWhat() {
    assertThatThrownBy(() -> DrillReader.parse("job { wrokers = 3 }"))
        .hasMessageContaining("job.wrokers");
    assertThatThrownBy(() -> DrillReader.parse("faults = [{ do = meteor, at = 1s }]"))
        .hasMessageContaining("do=meteor")
        .hasMessageContaining("node-down");
    assertThatThrownBy(() -> DrillReader.parse("faults = [{ do = crash }]"))
        .hasMessageContaining("either at or every");
    assertThatThrownBy(() -> DrillReader.parse("job { workers = 100 }"))
        .hasMessageContaining("not enough slots");
  }
}
