package dev.muster.worker.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeftoversTest {
  private Path root; // short: the path of a socket holds 107 bytes

  @BeforeEach
  void make() throws IOException {
    root = Files.createTempDirectory(Path.of("/tmp"), "lo");
  }

  @AfterEach
  void delete() throws IOException {
    try (var files = Files.walk(root)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private Path run(String name) throws IOException {
    var folder = Files.createDirectories(root.resolve(name));
    for (String file : List.of("dp-g3.ctl", "dp-g3-r0.rec", "dp-g4-r1.mem", "n0-1.page")) {
      Files.createFile(folder.resolve(file));
    }
    return folder;
  }

  /** Listens at a socket in the folder until it is closed; the file stays, as after a kill. */
  private static ServerSocketChannel agent(Path folder) throws IOException {
    var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    channel.bind(UnixDomainSocketAddress.of(folder.resolve("n0.sock")));
    return channel;
  }

  private static List<String> names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void givenARunWhoseAgentWasKilled_whenAnotherStartsBeside_thenItsSegmentsAreRemoved()
      throws IOException {
    var killed = run("muster-killed");
    agent(killed).close();
    var starting = root.resolve("muster-new");
    assertThat(Leftovers.sweep(starting)).isEqualTo(3);
    assertThat(names(killed)).containsExactly("n0-1.page", "n0.sock");
    assertThat(Leftovers.sweep(starting)).isZero();
  }

  @Test
  void givenTheSameRunResumed_whenItStarts_thenItsOldSegmentsAreRemoved() throws IOException {
    var own = run("any-name");
    agent(own).close();
    assertThat(Leftovers.sweep(own)).isEqualTo(3);
  }

  @Test
  void givenARunWithALivingAgent_whenAnotherStarts_thenNothingOfItIsTouched() throws IOException {
    var living = run("muster-living");
    agent(living).close();
    Files.move(living.resolve("n0.sock"), living.resolve("n1.sock")); // one of two was killed
    var agent = agent(living);
    assertThat(Leftovers.sweep(root.resolve("muster-new"))).isZero();
    assertThat(names(living)).contains("dp-g3.ctl", "dp-g3-r0.rec", "dp-g4-r1.mem");
    agent.close();
  }

  @Test
  void givenAFolderWithoutASocket_whenAnAgentStarts_thenItIsNoRunsAndStays() throws IOException {
    var other = run("muster-bench-1");
    assertThat(Leftovers.sweep(root.resolve("muster-new"))).isZero();
    assertThat(names(other)).hasSize(4);
  }
}
