package dev.muster.cli.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.cli.UserError;
import dev.muster.cli.console.Screen;
import dev.muster.cli.torchrun.RankOutput;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.RunFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command's side of a run against processes that keep or break the contract of a master. */
@Timeout(120)
class RunSessionTest {
  @TempDir Path temp;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Interrupts interrupts = Interrupts.none();
  private RunFolder folder;

  @BeforeEach
  void makeFolder() throws Exception {
    folder = RunFolder.create(temp.resolve("r1"));
  }

  @Test
  void givenAJobThatSucceeds_whenFollowed_thenEventsOutputAndSummaryAreShown() throws Exception {
    assertThat(follow("succeed", false)).isZero();
    assertThat(out.toString())
        .contains(
            "rank 2 (n0/2) lost: SIGKILL", "[rank 0] hello from a worker", "succeeded: because")
        .doesNotContain("not for people");
  }

  @Test
  void givenAManagedJobThatFails_whenFollowed_thenFirstCauseWithTraceAndItsExitCode()
      throws Exception {
    assertThat(follow("fail", true)).isEqualTo(1);
    assertThat(out.toString())
        .contains("boom (rank 1, worker n0/1, step 7)", "at trainer", "(exit code 1)")
        .doesNotContain("hello from a worker");
  }

  @Test
  void givenAMasterThatDies_whenFollowed_thenRequeueAndTheWayToResume() throws Exception {
    assertThat(follow("die", true)).isEqualTo(75);
    assertThat(out.toString()).contains("./muster run --resume " + folder.root());
  }

  @Test
  void givenCtrlC_whenTheMasterObeys_thenSummaryAnd130() throws Exception {
    interrupts.raise(2);
    assertThat(follow("obey", true)).isEqualTo(130);
    assertThat(out.toString()).contains("stopping at the next step", "cancelled: because");
  }

  @Test
  void givenASecondCtrlC_whenTheMasterIgnoresTheFirst_thenAllIsKilled() throws Exception {
    interrupts.raise(2);
    interrupts.raise(2);
    var processes = processes("ignore");
    processes.startMaster("127.0.0.1", 0, TimeUnit.MINUTES.toNanos(1));
    assertThat(session(processes, true).follow()).isEqualTo(130);
    assertThat(processes.masterAlive()).isFalse();
  }

  @Test
  void givenAMasterThatCannotStart_whenStarted_thenItsLastWordsAreInTheError() {
    assertThatThrownBy(
            () -> processes("refuse").startMaster("127.0.0.1", 0, TimeUnit.MINUTES.toNanos(1)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("exitCode=1")
        .hasMessageContaining("port in use");
  }

  private int follow(String what, boolean reportsSteps) throws Exception {
    var processes = processes(what);
    var master = processes.startMaster("127.0.0.1", 0, TimeUnit.MINUTES.toNanos(1));
    processes.startAgent(new NodeId("n0"), 1, master);
    return session(processes, reportsSteps).follow();
  }

  private RunSession session(RunProcesses processes, boolean reportsSteps) throws IOException {
    return new RunSession(
        folder,
        processes,
        interrupts,
        new Screen(new PrintStream(out, true), 0),
        reportsSteps,
        RankOutput.ALL,
        new AttemptFolders(folder, null));
  }

  private RunProcesses processes(String what) {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var classPath = System.getProperty("java.class.path");
    return new RunProcesses(
        folder,
        new ServiceCommands() {
          @Override
          public List<String> master(RunFolder run, String host, int port) {
            return List.of(
                java,
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                FakeMaster.class.getName(),
                run.root().toString(),
                what);
          }

          @Override
          public List<String> agent(RunFolder run, NodeId node, int slots, String host, int port) {
            return List.of("true");
          }
        });
  }
}
