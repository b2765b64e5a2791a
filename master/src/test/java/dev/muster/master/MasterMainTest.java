package dev.muster.master;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.run.EventTail;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.run.RunState;
import dev.muster.protocol.wire.Secret;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A master in a real process of its own. */
class MasterMainTest {
  private static final String EXPORTS = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED";

  @TempDir Path temporary;

  private final List<Process> started = new ArrayList<>();
  private RunFolder folder;

  @BeforeEach
  void prepare() throws Exception {
    folder = RunFolder.create(temporary.resolve("run-1"));
    Secret.random().write(folder.secret());
    Files.writeString(folder.job(), "muster.worker.command = [\"true\"]\nmuster.job.workers = 1\n");
  }

  @AfterEach
  void killAll() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void
      givenAMasterKilledWithSigkill_whenItStartsAgain_thenTheAgentFindsItAsALaterIncarnationAndAStopEndsTheRun()
          throws Exception {
    try (var agent = new ScriptedAgent(folder)) {
      var first = master(EXPORTS, "127.0.0.1:0");
      assertThat(agent.next()).isEqualTo("up");
      assertThat(agent.next(ToAgent.Welcome.class).masterIncarnation()).isEqualTo(1);
      int port = RunFiles.read(folder.master(), MasterFile.class).orElseThrow().port();

      first.toHandle().destroyForcibly();
      assertThat(agent.next()).isEqualTo("down");
      var second = master(EXPORTS, "127.0.0.1:0");
      assertThat(agent.next()).isEqualTo("up");
      assertThat(agent.next(ToAgent.Welcome.class).masterIncarnation()).isEqualTo(2);
      assertThat(RunFiles.read(folder.master(), MasterFile.class).orElseThrow().port())
          .isEqualTo(port);

      second.getOutputStream().write("stop\n".getBytes(StandardCharsets.UTF_8));
      second.getOutputStream().flush();
      assertThat(agent.next()).isInstanceOf(ToAgent.Shutdown.class);
      assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(second.exitValue()).isEqualTo(130);
    }
    var result = RunFiles.read(folder.result(), Result.class).orElseThrow();
    assertThat(result.state()).isEqualTo(RunState.CANCELLED);
    assertThat(new EventTail(folder.events()).poll())
        .anyMatch(event -> event.topic().equals("node.registered"));
  }

  @Test
  void givenAnAttachedMaster_whenItsStandardInputEnds_thenItStopsTheRun() throws Exception {
    var master = master(EXPORTS, "127.0.0.1:0");

    master.getOutputStream().close();

    assertThat(master.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(master.exitValue()).isEqualTo(130);
    assertThat(RunFiles.read(folder.result(), Result.class).orElseThrow().reason())
        .contains("has ended");
  }

  @Test
  void givenAMissingJvmFlag_whenStarted_thenOneSentenceNamesItAndNothingIsWritten()
      throws Exception {
    assertThat(refused("-Dnothing=to-see", "127.0.0.1:0", 1))
        .contains("missing JVM flag: expected=" + EXPORTS);
  }

  @Test
  void givenANetworkAddress_whenStarted_thenOneSentenceRefusesIt() throws Exception {
    assertThat(refused(EXPORTS, "0.0.0.0:0", 2)).contains("without TLS");
  }

  @Test
  void givenAPortInUse_whenStarted_thenOneSentenceSaysSo() throws Exception {
    try (var taken = new ServerSocket(0)) {
      assertThat(refused(EXPORTS, "127.0.0.1:" + taken.getLocalPort(), 1))
          .contains("cannot listen: address=127.0.0.1:" + taken.getLocalPort());
    }
  }

  @Test
  void givenAWrongJobFile_whenStarted_thenTheErrorIsTold() throws Exception {
    Files.writeString(folder.job(), "muster.job.workers = 0\n");

    assertThat(refused(EXPORTS, "127.0.0.1:0", 2)).contains("muster.job.workers");
  }

  /** Its standard error; checks that it left neither master.json nor a result. */
  private String refused(String flag, String listen, int exitCode) throws Exception {
    var master = master(flag, listen);
    assertThat(master.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(master.exitValue()).isEqualTo(exitCode);
    assertThat(folder.master()).doesNotExist();
    assertThat(folder.result()).doesNotExist();
    return Files.readString(temporary.resolve("errors"));
  }

  private Process master(String flag, String listen) throws Exception {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                flag,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                MasterMain.class.getName(),
                folder.root().toString(),
                listen,
                "--attached")
            .redirectError(temporary.resolve("errors").toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    started.add(process);
    return process;
  }
}
