package dev.muster.simulator.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.simulator.account.History;
import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a drill leaves behind. */
class ReportTest {
  @TempDir private Path folder;
  private Drill drill;

  @BeforeEach
  void aDrillWithFaults() throws IOException {
    drill =
        DrillReader.read(
            Files.writeString(
                    folder.resolve("small.conf"),
                    """
                    drill = "small <one>", horizon = 10m
                    fleet { nodes = 4, slots = 3 }, job { workers = 8, spares = 2, step = 100ms }
                    faults = [{ do = crash, every = 60s }, { do = node-down, at = 3m, node = 2, for = 90s }]
                    expect { goodput = 0.2 }
                    """)
                .toFile());
  }

  private DrillReport report() {
    var seeds = new ArrayList<Judged>();
    LongStream.rangeClosed(1, 3)
        .forEach(seed -> seeds.add(Judged.of(drill, DrillRun.play(drill, seed))));
    var worst = DrillReport.worst(seeds);
    var history = new History(drill.nodes());
    DrillRun.play(drill, worst.seed(), HostKind.CORE, history);
    history.end(drill.horizonNs());
    return new DrillReport(setting(), seeds, List.of(), history);
  }

  private Setting setting() {
    return new Setting(
        drill.name(),
        "./muster drill run small --seeds {seed} --verbose",
        drill.horizonNs(),
        drill.nodes(),
        1,
        drill.slots(),
        drill.workers(),
        drill.spares(),
        "1.0",
        1,
        List.of("one-generation-trains"),
        List.of(new Setting.Modelled("a step", "100 ms", "the drill")));
  }

  private JsonNode verdict() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("verdict.json").toFile());
  }

  @Test
  void givenADrill_whenWritten_thenTheVerdictIsThatOfItsSeeds() throws IOException {
    new ResultsFolder(folder).write(report());
    var verdict = verdict();
    assertThat(verdict.get("verdict").asText()).isEqualTo("met");
    assertThat(verdict.get("sentence").asText()).startsWith("Met: small <one> kept every");
    assertThat(verdict.get("seeds")).hasSize(3);
    assertThat(verdict.get("replay").asText()).startsWith("./muster drill run small --seeds ");
    assertThat(verdict.get("slotNs").get("allocated").bigIntegerValue())
        .isEqualTo(BigInteger.valueOf(3 * 12 * drill.horizonNs()));
  }

  @Test
  void givenAnExpectationThatIsNotMet_whenWritten_thenTheWorstSeedIsNamed() throws IOException {
    drill =
        DrillReader.read(
            Files.writeString(
                    folder.resolve("strict.conf"),
                    Files.readString(folder.resolve("small.conf")).replace("0.2", "1.0"))
                .toFile());
    new ResultsFolder(folder).write(report());
    var verdict = verdict();
    assertThat(verdict.get("verdict").asText()).isEqualTo("violated");
    assertThat(verdict.get("sentence").asText())
        .startsWith("Violated: small <one> on 3 of 3 seeds; worst is seed ")
        .contains("goodput was 0.", "expected at least 1.0000");
    assertThat(Files.readAllLines(folder.resolve("replay.txt")).getFirst())
        .contains("--seeds " + verdict.get("worstSeed").asText() + " ");
  }

  @Test
  void givenADrill_whenWritten_thenThePageStandsAloneAndNothingBreaksItsMarkup()
      throws IOException {
    new ResultsFolder(folder).write(report());
    var page = Files.readString(folder.resolve("report.html"));
    assertThat(page).doesNotContain("http", "src=", "<script", "@import", "url(", "{}");
    assertThat(page).contains("small &lt;one&gt;").doesNotContain("small <one>");
    for (var tag : List.of("svg", "section", "table", "text", "main")) {
      assertThat(page.split("<" + tag + "[ >]", -1))
          .as(tag)
          .hasSameSizeAs(page.split("</" + tag + ">", -1));
    }
  }

  @Test
  void givenADrill_whenWritten_thenAccountAndEventsAreThere() throws IOException {
    new ResultsFolder(folder).write(report());
    assertThat(Files.readAllLines(folder.resolve("accounting.csv")))
        .anyMatch(line -> line.startsWith("2,allocated,"));
    var events = Files.readAllLines(folder.resolve("events.jsonl"));
    var mapper = new ObjectMapper();
    long lastNs = 0;
    for (var line : events) {
      long atNs = mapper.readTree(line).get("atNs").asLong();
      assertThat(atNs).isGreaterThanOrEqualTo(lastNs);
      lastNs = atNs;
    }
    assertThat(events).anyMatch(line -> line.contains("recovery.done"));
  }

  @Test
  void givenAStory_whenTold_thenItsBandsFollowEachOtherFromStartToEnd() {
    var bands = report().history().bands();
    long untilNs = 0;
    for (var band : bands) {
      assertThat(band.fromNs()).isEqualTo(untilNs);
      untilNs = band.toNs();
    }
    assertThat(untilNs).isEqualTo(drill.horizonNs());
  }

  @Test
  void givenPairs_whenCompared_thenTheIntervalIsStudents() {
    var difference = PairedDifference.of(new double[] {5, 7, 6, 9}, new double[] {4, 5, 5, 6});
    assertThat(difference.mean()).isEqualTo(1.75);
    double half = 3.182 * 0.9574271 / 2; // sd of 1, 2, 1, 3
    assertThat(difference.low()).isCloseTo(1.75 - half, within(1e-6));
    assertThat(difference.certain()).isTrue();
    assertThat(PairedDifference.of(new double[] {1}, new double[] {2}).certain()).isFalse();
  }

  @Test
  void givenValues_whenRanked_thenAPercentileIsTheSmallestThatEnoughDoNotExceed() {
    var percentiles = new Percentiles(DoubleStream.of(4, 1, Double.NaN, 3, 2));
    assertThat(percentiles.count()).isEqualTo(4);
    assertThat(percentiles.at(50)).isEqualTo(2);
    assertThat(percentiles.at(99)).isEqualTo(4);
    assertThat(new Percentiles(DoubleStream.empty()).at(50)).isNaN();
  }

  @Test
  void givenFigures_whenWorded_thenThreeDigitsAndAUnitAreLeft() {
    assertThat(Words.duration(412_345_678.0)).isEqualTo("412 ms");
    assertThat(Words.duration(3.25e9)).isEqualTo("3.25 s");
    assertThat(Words.duration(54 * 86_400e9)).isEqualTo("54 d");
    assertThat(Words.percent(0.00001)).isEqualTo("< 0.01 %");
    assertThat(Words.plural(1, "recovery")).isEqualTo("1 recovery");
    assertThat(Words.plural(2, "recovery")).isEqualTo("2 recoveries");
    assertThat(Words.digits(100.0)).isEqualTo("100");
  }
}
