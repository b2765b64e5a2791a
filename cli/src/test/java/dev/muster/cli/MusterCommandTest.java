package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.job.JobSpec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MusterCommandTest {
  @TempDir Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource({
    "run --wrokers 3,        unknown flag: --wrokers; did you mean --workers?",
    "run --min_worker 3,     unknown flag: --min_worker; did you mean --min-workers?",
    "run --nproc-per-node three,    expected=a number, auto, gpu or cpu" + " actual=three",
    "run --fail rank=2,      muster.job.faults",
    "run --fail rank=9@step=1, expects a rank below muster.job.workers = 4",
    "run -Dmuster.job.wrokers=3, nearest known key: muster.job.workers",
    "run -Dmuster.worker.settings.widht=3, widht",
    "run --listen 7400,      no port: expected=HOST:PORT actual=7400",
    "run --listen h:99999,   bad port: expected=0..65535 actual=99999",
    "staus,                  unknown command: staus; did you mean status?",
    "agent,                  Missing required options",
    "logs,                   expected exactly one of --rank R and --worker NODE/NUMBER",
  })
  void givenAWrongCommandLine_whenExecuted_thenOneMessageAndExitCode2(String line, String message) {
    assertThat(execute(line.split(" "))).isEqualTo(2);
    assertThat(err.toString()).startsWith("muster: ").contains(message).doesNotContain("\tat ");
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run",
        "master",
        "agent",
        "stop",
        "status",
        "logs",
        "checkpoints",
        "check",
        "bench",
        "version"
      })
  void givenACommand_whenAskedForHelp_thenItsUsage(String command) {
    assertThat(execute(command, "--help")).isZero();
    assertThat(out.toString()).contains("Usage: muster " + command);
  }

  @Test
  void givenFlagsOfTorchrun_whenParsed_thenTheyMeanTheSame() {
    var job =
        job(
            "run",
            "--nproc_per_node",
            "3",
            "--max_restarts=0",
            "--min-workers",
            "2",
            "python",
            "x.py",
            "--steps",
            "9");
    assertThat(job.spec().workers()).isEqualTo(3);
    assertThat(job.spec().maxRestarts()).isZero();
    assertThat(job.spec().minWorkers()).isEqualTo(2);
    assertThat(job.spec().worker().command()).containsExactly("python", "x.py", "--steps", "9");
    assertThat(job.spec().worker().managed()).isFalse();
    assertThat(job.spec().steps()).as("--steps is the command's").isEqualTo(300);
    assertThat(job.spec().spares()).isZero();
  }

  @Test
  void givenTheDelimiter_whenParsed_thenTheCommandFollows() {
    var job = job("run", "--workers", "2", "--managed", "--", "-c", "a \"quoted\" word");
    assertThat(job.spec().worker().command()).containsExactly("-c", "a \"quoted\" word");
    assertThat(job.spec().worker().managed()).isTrue();
  }

  @Test
  void givenNoCommand_whenParsed_thenTheShippedTrainerIsManagedWithOneSpare() {
    var job =
        job(
            "run",
            "--fail",
            "rank=2@step=50",
            "--fail",
            "rank=0@step=60",
            "--no-replace",
            "-Dmuster.job.name=demo");
    assertThat(job.shipped()).isTrue();
    assertThat(job.spec().worker().managed()).isTrue();
    assertThat(job.spec().spares()).isEqualTo(1);
    assertThat(job.spec().worker().command()).endsWith("dev.muster.trainer.Main");
    assertThat(job.spec().faults())
        .containsExactly(new JobSpec.Fault(2, 50), new JobSpec.Fault(0, 60));
    assertThat(job.spec().replace()).isFalse();
    assertThat(job.spec().name()).isEqualTo("demo");
  }

  @Test
  void givenAFileAndFlags_whenBothSayIt_thenTheFlagWins() throws Exception {
    var file =
        Files.writeString(
            temp.resolve("job.conf"), "muster.job { workers = 8, steps = 20, spares = 0 }");
    var job = job("run", "--config", file.toString(), "--workers", "2");
    assertThat(job.spec().workers()).isEqualTo(2);
    assertThat(job.spec().steps()).isEqualTo(20);
    assertThat(job.spec().spares()).as("said in the file").isZero();
    assertThat(job.shipped()).isTrue();
  }

  @Test
  void givenAnEffectiveJob_whenWrittenAndRead_thenEqual() throws Exception {
    var job = job("run", "--workers", "2", "--", "python", "x.py");
    var file = Files.writeString(temp.resolve("job.conf"), job.text());
    assertThat(JobFile.read(file)).isEqualTo(job);
  }

  @Test
  void givenUnreadableData_whenRun_thenExitCode2AndNothingIsWritten() {
    var root = temp.resolve("runs/r1");
    assertThat(
            execute(
                "run", "--data", temp.resolve("none.txt").toString(), "--run-dir", root.toString()))
        .isEqualTo(2);
    assertThat(err.toString()).contains("cannot read the data: file=");
    assertThat(root.getParent()).doesNotExist();
  }

  @Test
  void givenAPortInUse_whenRun_thenExitCode1AndNothingIsWritten() throws Exception {
    var root = temp.resolve("runs/r1");
    try (var taken = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      assertThat(
              execute(
                  "run",
                  "--listen",
                  "127.0.0.1:" + taken.getLocalPort(),
                  "--run-dir",
                  root.toString()))
          .isEqualTo(1);
    }
    assertThat(err.toString()).contains("cannot listen: address=127.0.0.1:");
    assertThat(root.getParent()).doesNotExist();
  }

  @Test
  void givenAnExistingFolder_whenRun_thenExitCode2AndItIsLeftAlone() throws Exception {
    Files.writeString(temp.resolve("mine"), "x");
    assertThat(execute("run", "--run-dir", temp.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("run folder exists");
    assertThat(temp.toFile().list()).containsExactly("mine");
  }

  private JobFile job(String... arguments) {
    var line = MusterCommand.commandLine();
    line.parseArgs(arguments);
    RunCommand run = line.getSubcommands().get("run").getCommand();
    return run.job();
  }

  private int execute(String... arguments) {
    var line = MusterCommand.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(
        List.of(arguments).stream().filter(a -> !a.isBlank()).toArray(String[]::new));
  }
}
