package dev.muster.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process can show: exit codes, halting, one sentence on stderr. */
class WorkerProcessTest {
  @TempDir Path folder;

  @Test
  void givenNoAgent_whenStarted_thenOneSentenceSaysHowToStartIt() throws Exception {
    Process process = start(Map.of());
    assertThat(exit(process)).isEqualTo(2);
    assertThat(stderr())
        .containsExactly(
            "MUSTER_SOCKET is not set: this program is a Muster worker;"
                + " start it with ./muster run --managed -- COMMAND");
  }

  @Test
  void givenATrainingRun_whenTheAgentDies_thenTheProcessHalts() throws Exception {
    try (var agent = new FakeAgent(folder, 1L << 40, 1)) {
      Process process = train(agent);
      agent.disconnect("n/0");
      assertThat(exit(process)).isEqualTo(Exit.FENCED.code());
      assertThat(stderr()).containsExactly("worker stops itself: the agent closed the connection");
    }
  }

  @Test
  void givenATrainingRun_whenTheLeaseRunsOut_thenTheProcessHalts() throws Exception {
    try (var agent = new FakeAgent(folder, 1L << 40, 1)) {
      Process process = train(agent);
      agent.page("n/0").leaseDeadlineNs(System.nanoTime());
      assertThat(exit(process)).isEqualTo(Exit.FENCED.code());
      assertThat(stderr())
          .singleElement()
          .asString()
          .startsWith("worker stops itself: the lease ran out: lateNs=");
    }
  }

  @Test
  void givenATrainingRun_whenToldToStop_thenTheProcessExitsWithSuccess() throws Exception {
    try (var agent = new FakeAgent(folder, 1L << 40, 1)) {
      Process process = train(agent);
      agent.tell("n/0", new ToWorker.Stop("operator"));
      assertThat(exit(process)).isZero();
    }
  }

  @Test
  void givenATrainerThatThrows_whenReported_thenTheExitCodeIsOneAndTheTraceIsOnStderr()
      throws Exception {
    try (var agent = new FakeAgent(folder, 10, 1)) {
      Process process = start(environment(agent), "no such data file");
      await(agent, FromWorker.Failed.class);
      assertThat(exit(process)).isEqualTo(1);
      assertThat(stderr().getFirst())
          .isEqualTo("java.lang.IllegalStateException: no such data file");
    }
  }

  @Test
  void givenAJobOnGpus_whenTheirLibrariesAreMissing_thenNothingIsTrainedAndTheErrorSaysWhatToDo()
      throws Exception {
    try (var agent = new FakeAgent(folder, 10, 1, "nccl")) {
      var environment = new HashMap<>(environment(agent));
      environment.put("LD_LIBRARY_PATH", folder.toString()); // of the tests: stand-ins for GPUs
      Process process = start(environment);
      var failed = (FromWorker.Failed) await(agent, FromWorker.Failed.class);
      assertThat(exit(process)).isEqualTo(1);
      assertThat(failed.error().lines().findFirst().orElseThrow())
          .contains("NCCL cannot be used: library=lib")
          .contains("install the driver, the CUDA 13 runtime and NCCL 2")
          .contains("worker=n/0 muster.worker.gpus=nccl: it trains nothing")
          .contains("set it to auto, or to off");
    }
  }

  private Process train(FakeAgent agent) throws Exception {
    Process process = start(environment(agent));
    await(agent, FromWorker.Ready.class);
    agent.tell("n/0", new ToWorker.Form(1, 0, 1, 0, 0, -1, List.of()));
    await(agent, FromWorker.Stepped.class);
    return process;
  }

  private static FromWorker await(FakeAgent agent, Class<? extends FromWorker> type)
      throws InterruptedException {
    FromWorker message = null;
    while (!type.isInstance(message)) {
      message = agent.next("waiting for " + type).message();
    }
    return message;
  }

  private static Map<String, String> environment(FakeAgent agent) {
    return Map.of(
        "MUSTER_SOCKET",
        agent.socket().toString(),
        "MUSTER_WORKER",
        "n/0",
        "MUSTER_TOKEN",
        "00",
        "MUSTER_RUN_ID",
        "test");
  }

  private Process start(Map<String, String> environment, String... arguments) throws IOException {
    var command = ManagedProcess.command(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectError(folder.resolve("stderr").toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("MUSTER_"));
    builder.environment().putAll(environment);
    return builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static int exit(Process process) throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the process ended").isTrue();
    return process.exitValue();
  }

  private List<String> stderr() throws IOException {
    return Files.readAllLines(folder.resolve("stderr"));
  }
}
