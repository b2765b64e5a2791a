package dev.muster.simulator.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.Topology;
import dev.muster.simulator.fault.Verb;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Profiles: every number has its source, and the failures follow from the numbers. */
class FailuresTest {
  private static final long DAY_NS = 86_400_000_000_000L;
  private static final Topology LLAMA = new Topology(2048, 16, 16, 2);

  static java.util.List<String> names() {
    return Profiles.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void givenAProfile_whenRead_thenEverySectionHasASourceAndAConfidence(String name) {
    var profile = Profiles.find(name).orElseThrow();
    assertThat(profile.name()).isEqualTo(name);
    assertThat(profile.figures()).hasSize(10).allMatch(f -> !f.source().isBlank());
  }

  @Test
  void givenANumberWithoutASource_whenRead_thenItIsRefused() {
    String text =
        Profiles.text("h100-2024")
            .replace("source = \"assumption: tail to days\", ", "")
            .replace("lemons {", "lemon {");
    assertThatThrownBy(() -> ProfileReader.read(text, "mine.conf"))
        .hasMessageContaining("repair.source: is missing")
        .hasMessageContaining("nearest known key: lemons");
  }

  /** 419 in the paper: twenty histories of it have a mean within four standard errors. */
  @Test
  void givenLlama3_whenManySeedsAreDrawn_thenTheCountIsThatOfThePaper() {
    var profile = Profiles.find("llama3-h100").orElseThrow();
    double mean =
        LongStream.rangeClosed(1, 20)
            .map(seed ->
                Failures.of(profile, LLAMA, seed, 54 * DAY_NS).stream()
                    .filter(fault -> fault.verb() != Verb.FAIL_SLOW)
                    .count())
            .average()
            .orElseThrow();
    assertThat(mean).isBetween(419 - 4 * Math.sqrt(419 / 20.0), 419 + 4 * Math.sqrt(419 / 20.0));
  }

  /** χ² of twenty histories against the counts: below the 99.9 % point of 17 degrees, 40.8. */
  @Test
  void givenLlama3_whenManySeedsAreDrawn_thenTheCausesHaveTheirShares() {
    var profile = Profiles.find("llama3-h100").orElseThrow();
    var drawn = new TreeMap<String, Integer>();
    for (long seed = 1; seed <= 20; seed++) {
      Failures.of(profile, LLAMA, seed, 54 * DAY_NS).stream()
          .filter(fault -> fault.verb() != Verb.FAIL_SLOW)
          .forEach(fault -> drawn.merge(fault.cause(), 1, Integer::sum));
    }
    double all = drawn.values().stream().mapToInt(n -> n).sum();
    double weights = profile.causes().stream().mapToDouble(Profile.Cause::weight).sum();
    double chi = 0;
    for (var cause : profile.causes()) {
      double expected = all * cause.weight() / weights;
      chi += Math.pow(drawn.getOrDefault(cause.name(), 0) - expected, 2) / expected;
    }
    assertThat(chi).isLessThan(40.8);
  }

  @Test
  void givenANodeMore_whenDrawn_thenTheFailuresOfTheOthersAreTheSame() {
    var profile = Profiles.find("llama3-h100").orElseThrow();
    var few = Failures.of(profile, new Topology(100, 10, 5, 2), 7, 100 * DAY_NS);
    var more = Failures.of(profile, new Topology(101, 10, 5, 2), 7, 100 * DAY_NS);
    assertThat(more.stream().filter(f -> !f.nodes().contains(100))).isEqualTo(few);
  }

  @Test
  void givenLemons_whenDrawn_thenFewNodesHaveMuchOfTheFailures() {
    var profile = Profiles.find("h100-2024").orElseThrow();
    var byNode = new TreeMap<Integer, Integer>();
    Failures.of(profile, LLAMA, 1, 365 * DAY_NS).stream()
        .filter(f -> f.nodes().size() == 1 && f.verb() != Verb.FAIL_SLOW)
        .forEach(f -> byNode.merge(f.nodes().getFirst(), 1, Integer::sum));
    double all = byNode.values().stream().mapToInt(n -> n).sum();
    double worst =
        byNode.values().stream().sorted((a, b) -> b - a).limit(41).mapToInt(n -> n).sum();
    assertThat(worst / all).isBetween(0.12, 0.25); // 2 % of the nodes, ten times the rate: 17 %
  }

  @Test
  void givenAHundredThousandGpus_whenDrawn_thenAnInterruptionComesEveryEighteenMinutes() {
    var profile = Profiles.find("h100-100k").orElseThrow();
    long count =
        Failures.of(profile, new Topology(12_500, 16, 16, 2), 1, 30 * DAY_NS).stream()
            .filter(f -> f.verb() != Verb.FAIL_SLOW)
            .map(Fault::atNs)
            .count();
    assertThat(30 * 24 * 60.0 / count).isBetween(17.0, 19.0);
  }

  @Test
  void givenAWorldSizeBetweenTwoPoints_whenAsked_thenTheCurveIsALine() {
    var join = Profiles.find("llama3-h100").orElseThrow().join();
    assertThat(join.ns(43_000)).isEqualTo(65_000_000_000L);
    assertThat(join.ns(200_000)).isEqualTo(200_000_000_000L);
  }
}
