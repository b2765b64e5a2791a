package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drill command: tables, verdicts, exit codes. */
class DrillCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    if (all.contains("run")) {
      all.addAll(List.of("--out", results().toString()));
    }
    return MusterCommand.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private Path results() {
    return folder.resolve("results");
  }

  private String drill(String expected) throws IOException {
    return Files.writeString(
            folder.resolve("mine.conf"),
            "drill = mine, horizon = 2m, fleet { nodes = 2, slots = 3 }, job { workers = 4, spares"
                + " = 1 }\n"
                + "faults = [{ do = crash, at = 30s }], expect { goodput = "
                + expected
                + " }")
        .toString();
  }

  @Test
  void givenADrillFile_whenRun_thenItsSeedsAndTheVerdictAreShown() throws IOException {
    assertThat(run("drill", "run", drill("0.9"), "--seeds", "1..3", "--verbose")).isZero();
    assertThat(out.toString())
        .contains("crash n", "Met: mine kept every expectation on all 3 seeds")
        .hasLineCount(4 + 2 * 3 + 2);
  }

  @Test
  void givenActorsAsTheHost_whenRun_thenTheTableIsThatOfTheCores() throws IOException {
    var drill = drill("0.9");
    assertThat(run("drill", "run", drill, "--seeds", "1..2", "--host", "actors")).isZero();
    String actors = out.toString();
    out.getBuffer().setLength(0);
    assertThat(run("drill", "run", drill, "--seeds", "1..2")).isZero();
    assertThat(actors).isEqualTo(out.toString());
  }

  @Test
  void givenNoSuchHost_whenRun_thenItSaysWhichThereAre() throws IOException {
    assertThat(run("drill", "run", drill("0.9"), "--host", "threads")).isEqualTo(3);
    assertThat(err.toString()).contains("expected=core|actors actual=threads");
  }

  @Test
  void givenAnExpectationThatIsNotMet_whenRun_thenTheReplayLineIsPrinted() throws IOException {
    assertThat(run("drill", "run", drill("1.0"), "--seeds", "5")).isEqualTo(1);
    assertThat(out.toString())
        .contains(
            "is below the expected 1.0000",
            "--seeds 5 --verbose",
            "Violated: mine on 1 of 1 seed; worst is seed 5");
  }

  @Test
  void givenTheCatalogue_whenListed_thenEachDrillCanBeShown() {
    assertThat(run("drill", "list")).isZero();
    for (var line : out.toString().lines().toList()) {
      assertThat(run("drill", "run", line.split(" ")[0], "--dry-run")).isZero();
    }
  }

  @Test
  void givenThePlanThatARunSaved_whenPlayed_thenTheTraceIsTheSame() throws IOException {
    var plan = folder.resolve("plan.jsonl").toString();
    assertThat(run("drill", "run", drill("0.9"), "--seeds", "4", "--save-plan", plan)).isZero();
    var first = out.toString().lines().filter(line -> line.startsWith("       4")).toList();
    out.getBuffer().setLength(0);
    assertThat(run("drill", "run", drill("0.9"), "--plan", plan)).isZero();
    assertThat(out.toString().lines().toList()).containsAll(first).hasSizeGreaterThan(3);
  }

  @Test
  void givenRareWays_whenShownOrRun_thenTheyAreNamed() throws IOException {
    var file = Files.writeString(folder.resolve("rare.conf"), RARE).toString();
    assertThat(run("drill", "run", file, "--dry-run")).isZero();
    assertThat(out.toString()).contains("seed 1: 1 faults, buggified order-twice report-twice");
    assertThat(run("drill", "run", file, "--verbose")).isZero();
    assertThat(out.toString()).contains("report-twice x ");
    assertThat(results().resolve("replay.txt")).content().contains(", buggified order-twice");
    assertThat(results().resolve("verdict.json")).content().contains("\"report-twice\" : ");
  }

  private static final String RARE =
      """
      horizon = 5m, faults = [{ do = crash, at = 1m }]
      buggify = [order-twice, report-twice]
      """;

  @Test
  void givenADrill_whenRun_thenItsResultsAreInTheFolder() throws IOException {
    assertThat(run("drill", "run", drill("0.9"), "--seeds", "1..2", "--parallel", "2")).isZero();
    assertThat(results())
        .isDirectoryContaining("glob:**report.html")
        .isDirectoryContaining("glob:**verdict.json")
        .isDirectoryContaining("glob:**events.jsonl")
        .isDirectoryContaining("glob:**accounting.csv")
        .isDirectoryContaining("glob:**replay.txt");
    assertThat(out.toString()).contains("report: " + results().resolve("report.html"));
  }

  @Test
  void givenAWrongFlag_whenRun_thenTheDrillIsBroken() throws IOException {
    assertThat(run("drill", "run", drill("0.9"), "--sedes", "3")).isEqualTo(3);
    assertThat(err.toString()).contains("--seeds");
  }

  @Test
  void givenADrillWithSeveralErrors_whenRun_thenAllAreToldWithTheirLine() throws IOException {
    var file =
        Files.writeString(folder.resolve("bad.conf"), "horizn = 1h\nfaults = [\n{ do = crash }]");
    assertThat(run("drill", "run", file.toString())).isEqualTo(3);
    assertThat(err.toString()).contains("bad.conf:1: horizn", "nearest known key: horizon");
  }

  @Test
  void givenNoSuchDrill_whenRun_thenItSaysWhichThereAre() {
    assertThat(run("drill", "run", "nothing")).isEqualTo(3);
    assertThat(err.toString()).contains("no such drill: name=nothing", "control-plane");
  }
}
