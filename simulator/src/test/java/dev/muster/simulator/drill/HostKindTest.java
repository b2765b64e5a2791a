package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bare cores and real actors play one history, whatever the JVM does. */
class HostKindTest {
  private static final String STORM =
      """
      faults = [
        { do = crash, every = 5s }, { do = hang, every = 20s }, { do = partition, every = 15s, for = 8s },
        { do = node-down, every = 15s, for = 12s }, { do = agent-pause, every = 15s, for = 10s },
        { do = agent-kill, every = 15s, for = 2s }, { do = master-kill, every = 30s, for = 3s },
        { do = master-pause, every = 40s, for = 4s }, { do = journal-slow, every = 30s, for = 5s, factor = 50 },
        { do = clock-step, every = 30s, by = 700ms, for = 5s }, { do = clock-drift, every = 30s, for = 10s, factor = 1.01 },
        { do = link-loss, every = 20s, for = 5s, factor = 0.2 }, { do = link-delay, every = 30s, for = 5s, by = 40ms }
      ]\
      """;

  private static Drill storm(int nodes, int seconds) {
    return DrillReader.parse(
        String.format(
            Locale.ROOT,
            "horizon = %ds, fleet { nodes = %d, slots = 2 }, job { workers = %d, min-workers = %d,"
                + " spares = 2, step = 100ms }, master { service = %dus }%n%s",
            seconds,
            nodes,
            2 * nodes - 4,
            nodes,
            nodes == 64 ? 100 : 0,
            STORM));
  }

  @ParameterizedTest
  @CsvSource({"4, 120, 1, 8", "64, 150, 9, 20", "256, 60, 21, 28"})
  void givenAStormOfFaults_whenPlayedOnBothHosts_thenTheTraceIsTheSame(
      int nodes, int seconds, long firstSeed, long lastSeed) {
    var drill = storm(nodes, seconds);
    for (long seed = firstSeed; seed <= lastSeed; seed++) {
      assertThat(DrillRun.play(drill, seed, HostKind.ACTORS))
          .as("nodes=%d seconds=%d seed=%d", nodes, seconds, seed)
          .isEqualTo(DrillRun.play(drill, seed, HostKind.CORE));
    }
  }

  @Test
  void givenRareWays_whenPlayedOnBothHosts_thenTheTraceIsTheSame() {
    for (long seed = 401; seed <= 406; seed++) {
      var drill = DrillReader.parse(RandomDrill.text(seed) + "buggify = drawn");
      var outcome = DrillRun.play(drill, seed, HostKind.ACTORS);
      assertThat(outcome.buggified()).isNotEmpty();
      assertThat(outcome).as("seed=%d", seed).isEqualTo(DrillRun.play(drill, seed, HostKind.CORE));
    }
  }

  @Test
  void givenOneSeed_whenPlayedThreeTimesOnActors_thenTheTraceIsTheSame() {
    var drill = storm(8, 60);
    var first = DrillRun.play(drill, 3, HostKind.ACTORS);
    assertThat(DrillRun.play(drill, 3, HostKind.ACTORS)).isEqualTo(first);
    assertThat(DrillRun.play(drill, 3, HostKind.ACTORS)).isEqualTo(first);
  }

  @Test
  void givenEightSeeds_whenPlayedSideBySide_thenEachIsAsWhenPlayedAlone() throws Exception {
    var drill = storm(4, 60);
    var seeds = LongStream.rangeClosed(1, 8).boxed().toList();
    var alone = seeds.stream().map(seed -> DrillRun.play(drill, seed, HostKind.ACTORS)).toList();
    assertThat(sideBySide(drill, seeds)).isEqualTo(alone);
  }

  private static List<Outcome> sideBySide(Drill drill, List<Long> seeds) throws Exception {
    try (var threads = Executors.newFixedThreadPool(seeds.size())) {
      var plays =
          seeds.stream()
              .map(seed -> (Callable<Outcome>) () -> DrillRun.play(drill, seed, HostKind.ACTORS))
              .toList();
      var outcomes = new ArrayList<Outcome>();
      for (var outcome : threads.invokeAll(plays)) {
        outcomes.add(outcome.get());
      }
      return outcomes;
    }
  }

  /** A history that depends on compiled code would depend on timing, too. */
  @Test
  void givenAnInterpretingJvm_whenPlayed_thenTheTraceIsThatOfTheCompiledOne() throws Exception {
    assertThat(interpreted()).isEqualTo(hashes());
  }

  private static List<String> hashes() {
    return Arrays.stream(HostKind.values())
        .map(kind -> kind + " trace " + DrillRun.play(storm(4, 30), 5, kind).traceHash())
        .toList();
  }

  private static List<String> interpreted() throws Exception {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xint",
                "-cp",
                System.getProperty("java.class.path"),
                PrintsHashes.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var lines = process.inputReader()) {
      return lines.lines().filter(line -> line.contains(" trace ")).toList();
    }
  }

  /** The child JVM. */
  static final class PrintsHashes {
    public static void main(String[] args) {
      hashes().forEach(System.out::println);
    }
  }
}
