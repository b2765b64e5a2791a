package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The drills that come with the simulator do what their pages say. */
class CatalogueTest {
  /** What makes a drill of weeks or of a whole data centre small enough for a test. */
  private static final String SCALED =
      """

      horizon = 2h
      fleet { pods = 1, racks-per-pod = 2, nodes-per-rack = 4, spares = 1 }
      job { workers = 64, min-workers = 32, spares = 4 }
      """;

  static List<String> names() {
    return Catalogue.names();
  }

  @Test
  void givenTheCatalogue_thenItHasFifteenDrillsOrMore() {
    assertThat(Catalogue.names()).hasSizeGreaterThanOrEqualTo(15).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("names")
  void givenADrill_whenRead_thenItHasAPageAndAPlan(String name) {
    assertThat(Catalogue.text(name))
        .contains("# What breaks: ", "# What you should see: ", "# Change it: ");
    assertThat(Catalogue.text(name).lines().findFirst().orElseThrow())
        .startsWith("# ")
        .endsWith(".");
    var drill = Catalogue.drill(name);
    assertThat(drill.name()).isEqualTo(name);
    assertThat(drill.plan(1).faults()).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("names")
  void givenADrill_whenPlayed_thenItsVerdictIsMet(String name) {
    var drill = Catalogue.drill(name);
    if (drill.nodes() > 500) {
      drill = DrillReader.parse(Catalogue.text(name).replace("nodes = 12500, ", "") + SCALED);
    }
    var outcome = DrillRun.play(drill, 1);
    var verdict = Verdict.of(drill, outcome);
    assertThat(verdict.met())
        .as(
            "replay: ./muster drill run %s --seeds 1 --verbose: %s goodput %.3f recoveries %d",
            name, verdict, outcome.goodput(), outcome.recoveries().size())
        .isTrue();
  }
}
