package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.run.RunState;
import dev.muster.protocol.wire.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A master and an agent that a person starts, the agent in a folder of its own as on another host.
 */
@Timeout(180)
class HandStartedTest {
  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private RunFolder folder(String name) {
    return new RunFolder(
        muster
            .directory()
            .resolve(name + "-" + ProcessHandle.current().pid() + "-" + System.nanoTime()));
  }

  private MusterProcess master(RunFolder folder, String... more) {
    var arguments = new ArrayList<>(List.of("master", "--run-dir", folder.root().toString()));
    arguments.addAll(List.of(SmallModel.flags(2, 60, more)));
    return muster.command(folder, arguments.toArray(String[]::new));
  }

  private MusterProcess agent(RunFolder of, Path secret, String run) throws IOException {
    var address =
        Await.value(Await.LONG, () -> RunFiles.read(of.master(), MasterFile.class)).orElseThrow();
    return muster.command(
        of,
        "agent",
        "--join",
        "127.0.0.1:" + address.port(),
        "--secret",
        secret.toString(),
        "--run",
        run,
        "--node",
        "farm",
        "--slots",
        "2");
  }

  @Test
  void givenAMasterAndAnAgentStartedByHand_whenTheyMeet_thenTheModelIsTrained() throws IOException {
    var folder = folder("hand");
    var master = master(folder, "--spares", "0");
    var elsewhere = Files.createDirectory(muster.directory().resolve("elsewhere"));
    Await.that(Await.LONG, () -> Files.exists(folder.master()));
    var wrong = elsewhere.resolve("wrong");
    Secret.random().write(wrong);
    var stranger = agent(folder, wrong, folder.run().name());
    assertThat(stranger.awaitExit()).isEqualTo(1);
    assertThat(stranger.output()).contains("the master does not know the secret of this run");
    var secret =
        Files.copy(
            folder.secret(), elsewhere.resolve("secret"), StandardCopyOption.COPY_ATTRIBUTES);
    var lost = agent(folder, secret, "another-run");
    assertThat(lost.awaitExit()).isEqualTo(1);
    assertThat(lost.output()).contains("it serves another run; check the address and the run id");

    var agent = agent(folder, secret, folder.run().name());
    assertThat(agent.awaitExit()).isZero();
    assertThat(master.awaitExit()).isZero();
    assertThat(master.awaitResult().state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(master.output())
        .contains(
            "link refused",
            "the other end may have another secret",
            "another run: expected=" + folder.run() + " actual=another-run");
    assertThat(elsewhere.resolve("samples")).isNotEmptyDirectory();
    assertThat(new RunFolder(elsewhere).shared()).doesNotExist();
  }

  @Test
  void givenANetworkAddress_whenAMasterListensOnIt_thenItRefusesAndWritesNothing() {
    var folder = folder("open");
    var master = master(folder, "--listen", "0.0.0.0:0");
    assertThat(master.awaitExit()).isEqualTo(2);
    assertThat(master.output())
        .startsWith("muster: refusing to listen on a network address without TLS")
        .hasLineCount(1);
    assertThat(folder.root()).doesNotExist();
  }

  @Test
  void givenAFolderThatHasItsJob_whenAMasterIsGivenAnother_thenItRefuses() {
    var folder = folder("busy");
    var first = master(folder);
    assertThat(Await.that(Await.LONG, () -> Files.exists(folder.master()))).isTrue();
    var second = master(folder);
    assertThat(second.awaitExit()).isEqualTo(2);
    assertThat(second.output()).contains("the run folder has its job");
    var third = muster.command(folder, "master", "--run-dir", folder.root().toString());
    assertThat(third.awaitExit()).isEqualTo(2);
    assertThat(third.output()).contains("the run has a living master");
    ProcessTable.signal(first.pid(), "TERM");
    assertThat(first.awaitExit()).isEqualTo(130);
    assertThat(first.awaitResult().state()).isEqualTo(RunState.CANCELLED);
  }
}
