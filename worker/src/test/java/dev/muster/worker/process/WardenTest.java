package dev.muster.worker.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An agent in a JVM of its own is killed and frozen. */
@Timeout(60)
class WardenTest {
  @TempDir Path folder;

  /**
   * Runs a launcher with a warden, starts one worker that has a child, prints the lease and waits.
   */
  public static final class AgentMain {
    public static void main(String[] arguments) throws Exception {
      Path folder = Path.of(arguments[0]);
      var output = new OutputFollower((name, line) -> System.out.println(line));
      var warden = new WardenLink(folder.resolve("lease.log"), folder.resolve("warden.log"));
      var launcher = new ProcessLauncher(output, warden);
      var started = new CompletableFuture<Long>();
      launcher.start(
          new LaunchSpec(
              "w",
              List.of("sh", "-c", "sleep 1000 & echo child $!; wait"),
              Map.of(),
              folder.resolve("logs")),
          new ProcessLauncher.Listener() {
            @Override
            public void started(long pid) {
              started.complete(pid);
            }

            @Override
            public void startFailed(String reason) {
              started.completeExceptionally(new IllegalStateException(reason));
            }

            @Override
            public void ended(dev.muster.protocol.Exit exit, long noticedNs) {
              System.out.println("ended " + exit);
            }
          });
      System.out.println("worker " + started.get());
      long guard = warden.pid();
      System.out.println("warden " + guard);
      System.in.read(); // any byte: grant a lease
      warden.lease(Long.parseLong(arguments[1]));
      System.out.println("leased");
      Gone.until("another warden runs", () -> warden.pid() != guard);
      System.out.println("another");
      System.in.read();
    }
  }

  private record Started(Process agent, BufferedReader out, Map<String, Long> pids) {}

  private Started agent(long leaseMs) throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                AgentMain.class.getName(),
                folder.toString(),
                Long.toString(leaseMs)));
    Process agent =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var out = agent.inputReader();
    var pids = new java.util.TreeMap<String, Long>();
    while (pids.size() < 3) {
      String[] words = out.readLine().split(" ");
      pids.put(words[0], Long.parseLong(words[1]));
    }
    return new Started(agent, out, pids);
  }

  private static void grantLease(Started started) throws IOException {
    started.agent().getOutputStream().write('\n');
    started.agent().getOutputStream().flush();
    assertThat(started.out().readLine()).isEqualTo("leased");
  }

  @Test
  void givenWorkers_whenTheAgentIsKilled_thenWorkerGrandchildAndWardenAreGone() throws Exception {
    var started = agent(60_000);
    Posix.kill(started.agent().pid(), Posix.SIGKILL);
    started.agent().waitFor();
    for (String name : List.of("worker", "child", "warden")) {
      Gone.await(started.pids().get(name));
    }
  }

  @Test
  void givenFrozenAgent_whenItsLeaseEnds_thenItsWorkersAreKilledAndTheThawedAgentIsTold()
      throws Exception {
    var started = agent(300);
    grantLease(started);
    Posix.kill(started.agent().pid(), 19); // SIGSTOP
    Gone.await(started.pids().get("worker"));
    Gone.await(started.pids().get("child"));
    Posix.kill(started.agent().pid(), 18); // SIGCONT
    assertThat(started.out().readLine()).isEqualTo("ended SIGKILL");
    Gone.until("the warden wrote its report", () -> Files.exists(folder.resolve("lease.log")));
    started.agent().destroyForcibly().waitFor();
    assertThat(Files.readString(folder.resolve("lease.log")))
        .contains("lease expired: killedGroups=1");
  }

  @Test
  void givenWarden_whenItIsKilledItself_thenAnotherOneGuardsTheSameGroups() throws Exception {
    var started = agent(60_000);
    Posix.kill(started.pids().get("warden"), Posix.SIGKILL);
    Gone.await(started.pids().get("warden"));
    grantLease(started);
    assertThat(started.out().readLine()).isEqualTo("another");
    Posix.kill(started.agent().pid(), Posix.SIGKILL);
    started.agent().waitFor();
    Gone.await(started.pids().get("child"));
  }

  @Test
  void givenAProcessThatIsBeingStarted_whenTheAgentEndsBeforeItsNumberIsKnown_thenItIsGone()
      throws Exception {
    var warden = new WardenLink(folder.resolve("lease.log"), folder.resolve("warden.log"));
    warden.starting("mark-1");
    var builder = new ProcessBuilder("setsid", "sh", "-c", "sleep 1000 & echo $!; wait");
    builder.environment().put(LaunchMark.VARIABLE, "mark-1");
    var worker = builder.start();
    long child = Long.parseLong(worker.inputReader().readLine());
    warden.close();
    Gone.until("it is killed", () -> !worker.isAlive());
    Gone.until("its child, too", () -> ProcessStat.of(child).stream().allMatch(s -> s.zombie()));
  }

  @Test
  void givenReusedNumber_whenItsStartTimeDiffers_thenItIsNotOurs() {
    long self = ProcessHandle.current().pid();
    long start = ProcessStat.of(self).orElseThrow().startTicks();
    assertThat(ProcessStat.stillOurs(self, start)).isTrue();
    assertThat(ProcessStat.stillOurs(self, start + 1)).isFalse();
    assertThat(ProcessStat.stillOurs(1L << 30, start))
        .isTrue(); // gone: what is left of its group is ours
  }
}
