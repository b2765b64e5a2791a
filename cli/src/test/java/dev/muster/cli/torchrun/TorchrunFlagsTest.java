package dev.muster.cli.torchrun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.cli.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

class TorchrunFlagsTest {
  @TempDir Path temp;

  @Command(name = "run")
  private static final class Run {
    @Mixin TorchrunFlags flags = new TorchrunFlags();
    @Parameters List<String> command = List.of();
  }

  private static Run parsed(Map<String, String> environment, String line) {
    var run = new Run();
    var commandLine = new CommandLine(run);
    commandLine.setStopAtPositional(true);
    commandLine.setDefaultValueProvider(new PetDefaults(environment));
    commandLine.parseArgs(line.isEmpty() ? new String[0] : line.split(" "));
    return run;
  }

  private static Map<String, String> overrides(String line) {
    return parsed(Map.of(), line).flags.overrides();
  }

  @Test
  void givenAnElasticRange_whenRead_thenWorldMinimumAndAgents() {
    assertThat(overrides("--nnodes 2:4 --nproc-per-node 8"))
        .containsEntry("muster.job.workers", "32")
        .containsEntry("muster.job.min-workers", "16")
        .containsEntry("muster.agents.count", "4");
    assertThat(overrides("--nproc-per-node=3"))
        .containsEntry("muster.job.workers", "3")
        .containsEntry("muster.agents.count", "1");
    assertThat(overrides("")).as("nothing said").isEmpty();
  }

  @Test
  void givenCpu_whenRead_thenARankForEachCore() {
    assertThat(overrides("--nproc-per-node cpu"))
        .containsEntry("muster.job.workers", "" + Runtime.getRuntime().availableProcessors());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nnodes 4:2",
        "--nnodes 0",
        "--nnodes 1:2:3",
        "--nproc-per-node 0",
        "--nproc-per-node many",
        "--tee 4",
        "--redirects 0:1,x",
      })
  void givenAWrongValue_whenRead_thenRefused(String line) {
    assertThatThrownBy(() -> parsed(Map.of(), line))
        .isInstanceOf(CommandLine.ParameterException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--virtual-local-rank", "-m --no-python x", "--standalone --nnodes 2"})
  void givenWhatCannotBeFollowed_whenAsked_thenSaidAtOnce(String line) {
    assertThatThrownBy(() -> overrides(line)).isInstanceOf(UserError.class);
  }

  @Test
  void givenNamesForTheRanks_whenRead_thenTheyAreInTheirEnvironment() {
    assertThat(
            overrides(
                "--role trainer --rdzv-id 17 --signals-to-handle SIGTERM --shutdown-timeout 5"))
        .containsEntry("muster.worker.environment.ROLE_NAME", "trainer")
        .containsEntry("muster.worker.environment.TORCHELASTIC_RUN_ID", "17")
        .containsEntry("muster.worker.environment.TORCHELASTIC_SIGNALS_TO_HANDLE", "SIGTERM")
        .containsEntry("muster.job.grace", "5s");
  }

  @Test
  void givenPetVariables_whenNotOnTheLine_thenTheyAreTheFlags() {
    var environment =
        Map.of("PET_NPROC_PER_NODE", "2", "PET_NNODES", "3", "PET_STANDALONE", "0", "PET_ROLE", "");
    assertThat(parsed(environment, "--nnodes 1").flags.overrides())
        .containsEntry("muster.job.workers", "2")
        .doesNotContainKey("muster.worker.environment.ROLE_NAME");
    var module = parsed(Map.of("PET_MODULE", "1"), "pkg.train");
    assertThat(module.flags.command(module.command)).endsWith("-u", "-m", "pkg.train");
  }

  @Test
  void givenFlagsOfItsRendezvous_whenGiven_thenNamedAsIgnored() {
    var run =
        parsed(Map.of(), "--rdzv-backend c10d --master-port=29500 --role x y --rdzv-conf a=b");
    assertThat(run.flags.ignored()).containsExactly("--rdzv-backend", "--master-port");
    assertThat(run.command).as("what follows is the script's").hasSize(3);
  }

  @Test
  void givenAScript_whenStarted_thenPythonRunsItUnbuffered() throws IOException {
    var script = Files.createFile(temp.resolve("train.py")).toString();
    var starts = new Script(Map.of("PYTHON_EXEC", "/opt/python"));
    assertThat(starts.command(List.of(script, "--lr", "1"), false, false))
        .containsExactly("/opt/python", "-u", script, "--lr", "1");
    assertThat(starts.command(List.of(script), false, true)).containsExactly(script);
    assertThat(starts.command(List.of("echo", "x.py"), false, false))
        .containsExactly("echo", "x.py");
    assertThatThrownBy(() -> starts.command(List.of(script + ".py"), false, false))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no such script");
  }

  @ParameterizedTest
  @CsvSource({
    "'',                              0, true,  true",
    "-r 3,                            0, false, false",
    "-r 1,                            1, false, true",
    "'-r 3 -t 2',                     0, false, true",
    "'--redirects 0:3,1:1',           0, false, false",
    "'--redirects 0:3,1:1',           1, false, true",
    "'--redirects 0:3,1:1',           2, true,  true",
    "'--local-ranks-filter 1,2',      0, false, false",
    "'--local-ranks-filter 1,2 -r 3', 1, false, false",
    "'--local-ranks-filter 1,2',      2, true,  true",
  })
  void givenChoicesOfStreams_whenALineComes_thenShownOrNot(
      String line, int localRank, boolean out, boolean err) {
    var output = parsed(Map.of(), line).flags.output();
    assertThat(output.shows(localRank, false)).isEqualTo(out);
    assertThat(output.shows(localRank, true)).isEqualTo(err);
  }

  @Test
  void givenTee_whenShown_thenItsPrefix() {
    assertThat(parsed(Map.of(), "-t 3 --role r").flags.output().prefix(5, 1)).isEqualTo("[r1]:");
    assertThat(RankOutput.ALL.prefix(5, 1)).isEqualTo("[rank 5] ");
  }

  @Test
  void givenAFolderOfLogs_whenTheRunHasAName_thenNeverTheSameTwice() {
    assertThat(parsed(Map.of(), "--log-dir /l --rdzv-id 7").flags.logsOf("r1"))
        .isEqualTo(Path.of("/l/7_r1"));
    assertThat(parsed(Map.of(), "--log-dir /l").flags.logsOf("r1")).isEqualTo(Path.of("/l/r1"));
    assertThat(parsed(Map.of(), "").flags.logsOf("r1")).isNull();
  }
}
