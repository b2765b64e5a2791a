package dev.muster.simulator.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.Topology;
import dev.muster.simulator.fault.Verb;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Profiles: every number has its source, and the failures follow from the numbers. */
class FailuresTest {
  private static final long DAY_NS = 86_400_000_000_000L;
  private static final Topology LLAMA = new Topology(2048, 16, 16, 2);

  static List<String> names() {
    return Profiles.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void givenAProfile_whenRead_thenEverySectionHasASourceAndAConfidence(String name) {
    var profile = Profiles.find(name).orElseThrow();
    assertThat(profile.name()).isEqualTo(name);
    int sections = profile.saves().isPresent() ? 11 : 10;
    assertThat(profile.figures()).hasSize(sections).allMatch(f -> !f.source().isBlank());
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

  /** χ² of 10,000 failures against the counts: p > 0.01, that is below 33.41 at 17 degrees. */
  @Test
  void givenLlama3_whenManySeedsAreDrawn_thenTheCausesHaveTheirShares() {
    var profile = Profiles.find("llama3-h100").orElseThrow();
    var drawn = new TreeMap<String, Integer>();
    LongStream.rangeClosed(1, 26)
        .boxed()
        .flatMap(seed -> Failures.of(profile, LLAMA, seed, 54 * DAY_NS).stream())
        .filter(fault -> fault.verb() != Verb.FAIL_SLOW)
        .limit(10_000)
        .forEach(fault -> drawn.merge(fault.cause(), 1, Integer::sum));
    double weights = profile.causes().stream().mapToDouble(Profile.Cause::weight).sum();
    double chi = 0;
    for (var cause : profile.causes()) {
      double expected = 10_000 * cause.weight() / weights;
      chi += Math.pow(drawn.getOrDefault(cause.name(), 0) - expected, 2) / expected;
    }
    assertThat(drawn.values().stream().mapToInt(n -> n).sum()).isEqualTo(10_000);
    assertThat(chi).isLessThan(33.41);
  }

  /** Meta's RSC-1 at two sizes: 1.803 h and 0.2254 h, within 1 % over 40,000 failures and more. */
  @ParameterizedTest
  @CsvSource({"2048, 155, 1.803", "16384, 20, 0.2254"})
  void givenARate_whenManyFailuresAreDrawn_thenTheMeanTimeBetweenThemIsItsInverse(
      int nodes, int days, double hours) {
    var profile = Profiles.find("a100-rsc1").orElseThrow();
    long failures =
        LongStream.rangeClosed(1, 25)
            .map(seed -> nodeFailures(profile, nodes, seed, days).size())
            .sum();
    assertThat(failures).isGreaterThan(40_000);
    assertThat(25.0 * days * 24 / failures).isCloseTo(hours, withinPercentage(1));
  }

  private static List<Fault> nodeFailures(Profile profile, int nodes, long seed, int days) {
    var fleet = new Topology(nodes, 16, 16, 2);
    return Failures.of(profile, fleet, seed, days * DAY_NS).stream()
        .filter(fault -> fault.nodes().size() == 1 && fault.verb() != Verb.FAIL_SLOW)
        .toList();
  }

  /** Counts of a day are Poisson: as much variance as mean, e^-mean of all hours without any. */
  @Test
  void givenOneFleet_whenItsFailuresAreCounted_thenTheyArePoisson() {
    var profile = Profiles.find("llama3-h100").orElseThrow();
    int days = 2000;
    var failures = nodeFailures(profile, 2048, 3, days);
    double mean = (double) failures.size() / days;
    var counts = counts(failures, days, DAY_NS);
    double variance =
        LongStream.of(counts).mapToDouble(n -> (n - mean) * (n - mean)).sum() / (days - 1);
    assertThat(variance / mean)
        .isBetween(1 - 4 * Math.sqrt(2.0 / days), 1 + 4 * Math.sqrt(2.0 / days));
    var hours = counts(failures, days * 24, DAY_NS / 24);
    double empty = LongStream.of(hours).filter(n -> n == 0).count() / (days * 24.0);
    assertThat(empty).isCloseTo(Math.exp(-mean / 24), withinPercentage(1.5));
  }

  private static long[] counts(List<Fault> failures, int bins, long binNs) {
    var counts = new long[bins];
    failures.forEach(fault -> counts[(int) (fault.atNs() / binNs)]++);
    return counts;
  }

  /** DLRover's card: 1,000 cards, 0.27 % of which fail a day: 93.3 % of all days have a failure. */
  @Test
  void givenAThousandCards_whenDrawn_thenNearlyEveryDayHasAFailure() {
    var profile = ProfileReader.read(cards(), "cards.conf");
    int days = 5000;
    var counts = counts(nodeFailures(profile, 1000, 1, days), days, DAY_NS);
    double faulty = LongStream.of(counts).filter(n -> n > 0).count() / (double) days;
    assertThat(faulty).isCloseTo(0.933, within(0.01));
    assertThat(24.0 * days / LongStream.of(counts).sum()).isCloseTo(8.9, withinPercentage(2));
  }

  private static String cards() {
    String text =
        Profiles.text("llama3-h100")
            .replace("per-1000-node-days = 3.79", "per-1000-node-days = 2.7");
    assertThat(text).contains("= 2.7");
    return text.replace("share = 2%, factor = 10", "share = 0%, factor = 1");
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
