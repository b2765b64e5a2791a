package dev.muster.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.MusterCommand;
import dev.muster.master.Embedded;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesTest {
  @TempDir private Path folder;

  @Test
  void givenTheExampleInOneJvm_whenRun_thenItCommitsEveryStepAndUsesEachSampleOnce()
      throws Exception {
    var result = InOneJvm.train(folder.resolve("run"), 40);
    assertThat(result.state()).as(result.reason()).isEqualTo(RunState.SUCCEEDED);
    assertThat(result.steps()).isEqualTo(40);
    assertThat(result.samples().exactlyOnce()).isTrue();
  }

  @Test
  void givenAStreamOfLines_whenTakenByTwoRanks_thenEachWordIsCountedOnce() throws Exception {
    var text = folder.resolve("text");
    var lines = IntStream.range(0, 997).mapToObj(i -> "a ".repeat(i % 7).strip()).toList();
    Files.write(text, lines);
    long words = IntStream.range(0, 997).map(i -> i % 7).sum();
    var settings =
        Map.of(
            "muster.job.workers", "2", "muster.job.steps", "20", "muster.worker.managed", "true");
    try (var run = Embedded.start(folder.resolve("run"), settings, (s, seed) -> count(text))) {
      var result = run.result().join();
      assertThat(result.state()).as(result.reason()).isEqualTo(RunState.SUCCEEDED);
      assertThat(result.report()).contains("words: " + words);
    }
  }

  private static WordCount count(Path text) {
    try {
      return new WordCount(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the page shows is compiled. */
  @Test
  void givenThePageOnDatasets_whenComparedWithTheExamples_thenItsLinesAreTheirs()
      throws IOException {
    var home = Path.of(System.getProperty("user.dir")).getParent();
    var sources = home.resolve("examples/src/main/java/dev/muster/examples");
    var code =
        Files.readString(sources.resolve("WordCount.java"))
            + Files.readString(sources.resolve("OutsideReader.java"));
    var page = Files.readString(home.resolve("docs/datasets.md"));
    var shown = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(page);
    var lines = shown.results().flatMap(block -> block.group(1).lines()).toList();
    assertThat(lines).isNotEmpty();
    var words = code.replaceAll("\\s+", " ");
    assertThat(lines)
        .allSatisfy(line -> assertThat(words).contains(line.strip().replaceAll("\\s+", " ")));
  }

  @Test
  void givenTheExampleTrainer_whenRunAsProcesses_thenARankMayDie() throws Exception {
    var output = folder.resolve("output").toFile();
    var run =
        new ProcessBuilder(command())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output)
            .start();
    assertThat(run.waitFor(120, TimeUnit.SECONDS))
        .as("ends: %s", Files.readString(output.toPath()))
        .isTrue();
    assertThat(run.exitValue()).as(Files.readString(output.toPath())).isZero();
    var result = result();
    assertThat(result.steps()).isEqualTo(60);
    assertThat(result.recoveries()).hasSize(1);
    assertThat(result.samples().exactlyOnce()).isTrue();
  }

  private static List<String> command() {
    var java = ProcessHandle.current().info().command().orElseThrow();
    var classPath = System.getProperty("java.class.path");
    var command =
        new ArrayList<>(List.of(java, "-cp", classPath, MusterCommand.class.getName(), "run"));
    command.addAll(
        List.of("--managed", "--workers", "2", "--steps", "60", "--fail", "rank=1@step=20", "--"));
    command.addAll(
        List.of(
            java,
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            LinearRegression.class.getName()));
    return command;
  }

  private Result result() throws IOException {
    return RunFiles.read(folder.resolve("runs/latest/result.json"), Result.class).orElseThrow();
  }
}
