package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.core.Buggify;
import dev.muster.simulator.fault.PlanFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rare ways of the cores: each is taken, none breaks anything, and a replay takes the same. */
class BuggifyTest {
  private static final int SEEDS = 60;

  @TempDir private Path folder;

  /** One that never is taken checks nothing. */
  @Test
  void givenRandomDrills_whenPlayed_thenEveryRareWayIsTaken() {
    var taken = new EnumMap<Buggify, Long>(Buggify.class);
    for (long seed = 1; seed <= SEEDS && taken.size() < Buggify.values().length; seed++) {
      DrillRun.play(RandomDrill.of(seed), seed)
          .buggified()
          .forEach((point, times) -> taken.merge(point, times, Long::sum));
    }
    assertThat(taken).containsOnlyKeys(Buggify.values());
  }

  @ParameterizedTest
  @EnumSource
  void givenOneRareWay_whenRandomDrillsArePlayed_thenEveryInvariantHolds(Buggify point) {
    long taken = 0;
    for (long seed = 1; seed <= 4; seed++) {
      var drill = with(RandomDrill.text(seed), "[" + point.text() + "]");
      var outcome = DrillRun.play(drill, seed);
      assertThat(Verdict.of(drill, outcome).broken()).as("seed=%d", seed).isEmpty();
      assertThat(outcome.buggified().keySet()).isSubsetOf(Set.of(point));
      taken += outcome.buggified().getOrDefault(point, 0L);
    }
    assertThat(taken).isPositive();
  }

  @Test
  void givenMilestonesToldAgain_whenRecovered_thenItsPhasesAreThoseOfTheFirstTime() {
    var drill =
        with(
            """
            horizon = 5m, faults = [{ do = crash, at = 1m }]
            job { step = 1s, restore = 300ms }
            """,
            "[milestones-again]");
    var outcome = DrillRun.play(drill, 1);
    assertThat(outcome.buggified()).isNotEmpty();
    assertThat(outcome.recoveries())
        .singleElement()
        .satisfies(recovery -> {
          assertThat(recovery.stateMs()).isBetween(290.0, 400.0);
          assertThat(recovery.firstStepMs()).isBetween(990.0, 1100.0);
        });
  }

  @Test
  void givenADrillThatSaysNothing_whenPlayed_thenNoRareWayIsTaken() {
    var drill = DrillReader.parse("horizon = 10m, faults = [{ do = crash, every = 20s }]");
    assertThat(drill.plan(1).buggified()).isEmpty();
    assertThat(DrillRun.play(drill, 1).buggified()).isEmpty();
  }

  @Test
  void givenAPlayedPlan_whenReadBack_thenItTakesTheSameRareWays() throws IOException {
    var drill = with(RandomDrill.text(2), "drawn");
    var first = DrillRun.play(drill, 2);
    assertThat(first.buggified()).isNotEmpty();
    var file = folder.resolve("plan.jsonl");
    PlanFile.write(first.played(), file);
    var calm = with(RandomDrill.text(2), "none");
    assertThat(DrillRun.replay(calm, PlanFile.read(file), HostKind.CORE)).isEqualTo(first);
  }

  private static Drill with(String drill, String buggify) {
    return DrillReader.parse(drill + "buggify = " + buggify);
  }
}
