package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Computed or played one by one, beats and looks lead to the same decisions at the same times. */
class ElisionTest {
  private static final String CLUSTER =
      """
      horizon = 5m, fleet { nodes = 8, slots = 3 }, job { workers = 16, min-workers = 4, spares = 4 }
      """;

  private static final String MANY =
      """
      faults = [
        { do = crash, every = 40s }, { do = hang, every = 60s }, { do = partition, every = 60s, for = 8s }
        { do = node-down, every = 100s, for = 30s }, { do = agent-pause, every = 100s, for = 20s }
        { do = agent-kill, every = 100s, for = 2s }, { do = master-kill, every = 200s, for = 3s }
      ]
      """;

  private static final String REGROUPS_FOR_LONG =
      """
      horizon = 3m, fleet { nodes = 64, slots = 3 }
      job { workers = 128, min-workers = 64, spares = 16, step = 300ms, join-per-rank = 50ms }
      faults = [
        { do = crash, at = 120s }, { do = crash, at = 122s }, { do = node-down, at = 124s, for = 20s }
        { do = crash, at = 126s }, { do = crash, at = 129s }, { do = crash, at = 132s }
        { do = partition, at = 134s, for = 9s }, { do = crash, at = 137s }, { do = crash, at = 140s }
        { do = hang, at = 160s }
      ]
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ do = crash, at = 61s, node = 1 }",
        "{ do = hang, at = 61s, node = 1 }",
        "{ do = node-down, at = 61s, node = 1, for = 2m }",
        "{ do = agent-kill, at = 61s, node = 1, for = 5s }",
        "{ do = partition, at = 61s, node = 1, for = 3s }",
        "{ do = partition, at = 61s, node = 1, for = 60s }",
        "{ do = agent-pause, at = 61s, node = 1, for = 3s }",
        "{ do = agent-pause, at = 61s, node = 1, for = 60s }",
        "{ do = master-kill, at = 61s, for = 3s }",
        "{ do = master-kill, at = 61s, for = 30s }",
      })
  void givenOneFault_whenPlayedInFull_thenTheSameIsTold(String fault) {
    same(CLUSTER + "faults = [" + fault + "]", 1);
  }

  @Test
  void givenManyFaults_whenPlayedInFull_thenTheSameIsTold() {
    for (long seed = 1; seed <= 25; seed++) {
      same(CLUSTER + MANY, seed);
    }
  }

  @Test
  void givenRareWays_whenPlayedInFull_thenTheSameIsTold() {
    for (long seed = 26; seed <= 40; seed++) {
      same(CLUSTER + MANY + "buggify = drawn", seed);
    }
  }

  /** Some of them are lost with a host. */
  @ParameterizedTest
  @ValueSource(longs = {81, 82, 83})
  void givenModelledCheckpoints_whenPlayedInFull_thenTheSameIsTold(long seed) {
    String checkpoint =
        "job.checkpoint { every = 10s, stall = 100ms, restore = 1s, lost-with = any-member,"
            + " storage { every = 40s, restore = 5s } }";
    same(CLUSTER + MANY + checkpoint, seed);
  }

  @ParameterizedTest
  @CsvSource({"64, 100, 41, 50", "128, 70, 51, 56", "256, 50, 57, 60"})
  void givenALargeFleet_whenPlayedInFull_thenTheSameIsTold(
      int nodes, int seconds, long fromSeed, long toSeed) {
    String fleet =
        """
        horizon = %ds, fleet { nodes = %d, slots = 3 }
        job { workers = %d, min-workers = %d, spares = %d, join-per-rank = 100us }
        faults = [
          { do = crash, every = 15s }, { do = node-down, every = 30s, for = 20s }, { do = hang, every = 60s }
          { do = partition, every = 30s, for = 8s }, { do = fail-slow, every = 60s, factor = 0.5, for = 20s }
        ]
        """
            .formatted(seconds, nodes, 2 * nodes, nodes, nodes / 8);
    for (long seed = fromSeed; seed <= toSeed; seed++) {
      same(fleet, seed);
    }
  }

  /**
   * A large group takes so long to regroup that the next member fails meanwhile. The others still
   * only follow: 64 agents play the first group with some 40 events each, and none after it.
   */
  @ParameterizedTest
  @ValueSource(longs = {72, 73})
  void givenFailuresWhileRegrouping_whenPlayedInFull_thenTheSameIsTold(long seed) {
    same(REGROUPS_FOR_LONG, seed);
    var drill = DrillReader.parse(REGROUPS_FOR_LONG);
    var played = DrillRun.play(drill, seed);
    assertThat(played.generations()).isGreaterThan(played.recoveries().size() + 1);
    assertThat(played.events()).isLessThan(50 * drill.nodes());
  }

  /**
   * How soon a hang is named depends on how long the steps took that its agent has seen: those of a
   * pace that has come and gone, in groups which it only followed others into.
   */
  @ParameterizedTest
  @ValueSource(longs = {61, 62, 63, 64, 65, 66})
  void givenHangsAfterChangesOfPace_whenPlayedInFull_thenTheSameIsTold(long seed) {
    same(
        """
        horizon = 20m, fleet { nodes = 12, slots = 3 }
        job { workers = 24, min-workers = 8, spares = 6, step = 600ms }, policy { a { hang { factor = 20 } } }
        faults = [
          { do = crash, every = 2m }, { do = hang, every = 4m }
          { do = fail-slow, every = 5m, factor = 0.6, for = 3m }
        ]
        """,
        seed);
  }

  /** Seeds that were told otherwise once: a different cause each, or the same in another guise. */
  @ParameterizedTest
  @ValueSource(
      longs = {
        1005, 1011, 1016, 1027, 1038, 1041, 1065, 1071, 1073, 1085, 1114, 1139, 1153, 1159, 1173,
        1197, 1201, 1211, 1215, 1250, 1273, 1290, 3099
      })
  void givenARandomDrill_whenPlayedInFull_thenTheSameIsTold(long seed) {
    same(RandomDrill.text(seed), seed);
  }

  private static void same(String text, long seed) {
    var told = BothWays.of(DrillReader.parse(text), seed);
    assertThat(told.played()).hasSizeGreaterThan(20);
    assertThat(told.difference()).as("seed=%d drill=%s", seed, text).isEmpty();
    assertThat(told.same()).isTrue();
  }
}
