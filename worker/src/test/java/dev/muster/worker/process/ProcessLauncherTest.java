package dev.muster.worker.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, real signals; waits are for events, the time-outs only end a broken run. */
@Timeout(60)
class ProcessLauncherTest {
  @TempDir Path folder;
  private final BlockingQueue<String> console = new LinkedBlockingQueue<>();
  private final OutputFollower output =
      new OutputFollower((name, line) -> console.add(name + ": " + line));
  private final ProcessLauncher launcher = new ProcessLauncher(output, null);

  /** What the launcher said of one process. */
  private static final class Heard implements ProcessLauncher.Listener {
    final CompletableFuture<Long> pid = new CompletableFuture<>();
    final CompletableFuture<Exit> exit = new CompletableFuture<>();
    final CompletableFuture<String> failure = new CompletableFuture<>();

    @Override
    public void started(long started) {
      pid.complete(started);
    }

    @Override
    public void startFailed(String reason) {
      failure.complete(reason);
    }

    @Override
    public void ended(Exit ended, long noticedNs) {
      exit.complete(ended);
    }
  }

  @AfterEach
  void close() {
    launcher.close();
    output.close();
  }

  private Heard start(String... command) {
    return start(launcher, command);
  }

  private Heard start(ProcessLauncher by, String... command) {
    var heard = new Heard();
    by.start(
        new LaunchSpec("w", List.of(command), Map.of("GREETING", "hello"), folder.resolve("logs")),
        heard);
    return heard;
  }

  private String line() throws InterruptedException {
    return console.poll(30, TimeUnit.SECONDS);
  }

  @Test
  void givenCommand_whenItExits_thenCodeAndOutputAreKnown() throws Exception {
    var heard =
        start(
            "sh",
            "-c",
            "echo $GREETING $OMP_NUM_THREADS; echo oops >&2; printf 'last words'; exit 3");
    assertThat(heard.exit.get()).isEqualTo(Exit.code(3));
    assertThat(List.of(line(), line(), line()))
        .containsExactlyInAnyOrder("w: hello 1", "w: oops", "w: last words");
    assertThat(folder.resolve("logs/stdout.log")).hasContent("hello 1\nlast words");
  }

  @Test
  void givenCommand_whenKilled_thenTheSignalIsNamed() throws Exception {
    var killed = start("sleep", "1000");
    launcher.kill(killed.pid.get());
    assertThat(killed.exit.get()).hasToString("SIGKILL");
    var terminated = start("sleep", "1000");
    launcher.terminate(terminated.pid.get());
    assertThat(terminated.exit.get()).hasToString("SIGTERM");
  }

  @Test
  void givenProcess_whenStarted_thenItLeadsItsOwnGroup() throws Exception {
    var heard = start("sh", "-c", "echo up; sleep 1000");
    line();
    assertThat(ProcessStat.of(heard.pid.get()).orElseThrow().group()).isEqualTo(heard.pid.get());
  }

  @Test
  void givenGrandchildren_whenTheGroupIsKilled_thenTheyAreGoneToo() throws Exception {
    var heard = start("sh", "-c", "sh -c 'sleep 1000 & echo $!; wait' & wait");
    long grandchild = Long.parseLong(line().substring(3));
    launcher.kill(heard.pid.get());
    heard.exit.get();
    Gone.await(grandchild);
  }

  @Test
  void givenLeaderExits_whenGrandchildrenAreLeft_thenTheyAreKilled() throws Exception {
    var heard = start("sh", "-c", "sleep 1000 & echo $!");
    long grandchild = Long.parseLong(line().substring(3));
    assertThat(heard.exit.get()).isEqualTo(Exit.code(0));
    Gone.await(grandchild);
  }

  @Test
  void givenProcessThatIgnoresSigterm_whenKilled_thenItEnds() throws Exception {
    var heard =
        start("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; echo alive; done");
    assertThat(line()).isEqualTo("w: ready");
    launcher.terminate(heard.pid.get());
    line();
    assertThat(line()).isEqualTo("w: alive"); // it went on after the signal
    assertThat(heard.exit).isNotDone();
    launcher.kill(heard.pid.get());
    assertThat(heard.exit.get()).isEqualTo(Exit.signal(9));
  }

  @Test
  void givenNoSuchProgram_whenStarted_thenTheReasonNamesIt() throws Exception {
    assertThat(start("no-such-program-here").failure.get()).contains("no-such-program-here");
  }

  @Test
  void givenNoSetsid_whenKilled_thenDescendantsAreSignalledOneByOne() throws Exception {
    try (var fallback = new ProcessLauncher(output, null, null)) {
      var heard = start(fallback, "sh", "-c", "sh -c 'sleep 1000 & echo $!; wait' & wait");
      long grandchild = Long.parseLong(line().substring(3));
      fallback.kill(heard.pid.get());
      heard.exit.get();
      Gone.await(grandchild);
    }
  }

  @Test
  void givenEndlessLine_whenFollowed_thenItIsCut() throws IOException {
    var lines = new OutputFollower.Lines();
    var bytes = new byte[OutputFollower.Lines.MAX_BYTES + 100];
    java.util.Arrays.fill(bytes, (byte) 'x');
    assertThat(lines.feed(java.nio.ByteBuffer.wrap(bytes))).isEmpty();
    assertThat(lines.feed(java.nio.ByteBuffer.wrap("\nnext".getBytes())))
        .singleElement()
        .satisfies(l -> assertThat(l).hasSize(OutputFollower.Lines.MAX_BYTES + 3).endsWith("x..."));
    assertThat(lines.rest()).containsExactly("next");
  }
}
