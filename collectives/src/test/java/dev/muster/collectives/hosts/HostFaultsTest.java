package dev.muster.collectives.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Groups;
import dev.muster.collectives.RankThreads;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two hosts of two ranks, each a process of its own: a host dies, and in network namespaces the
 * cable between them is cut, in the middle of their collectives. Nobody outside says so: survivors
 * must find out, leave, and hold one history.
 */
class HostFaultsTest {
  @TempDir Path folder;
  private final List<Process> ranks = new ArrayList<>();
  private final List<HostMonitor> monitors = new ArrayList<>();
  private Network network = Network.loopback();

  @AfterEach
  void endAll() throws InterruptedException {
    for (var rank : ranks) {
      rank.destroyForcibly().waitFor();
    }
    monitors.forEach(HostMonitor::close);
    network.close();
  }

  private void startIn(Network network) throws IOException {
    this.network = network;
    var addresses = List.of(network.address(0), network.address(1));
    var ports = List.of(port(network, 0), port(network, 1));
    var placement = RankOfHost.placement(addresses, ports);
    for (int host = 0; host < 2; host++) {
      var groups =
          new HostGroups(
              new SharedMemoryGroups(), "h" + host, null, spec -> placement, RankOfHost.LIMITS);
      Groups.Spec spec = RankOfHost.spec(folder, host);
      monitors.add((HostMonitor) groups.monitor(spec));
    }
    for (int rank = 0; rank < RankOfHost.WORLD_SIZE; rank++) {
      ranks.add(Network.start(network, rank / 2, command(rank, addresses, ports)));
    }
  }

  private static int port(Network network, int host) throws IOException {
    if (network instanceof Network.Namespaces) {
      return RankOfHost.PORT; // nobody else is there
    }
    var socket = new ServerSocket();
    try (socket) {
      socket.bind(new InetSocketAddress(InetAddress.getByName(network.address(host)), 0));
      return socket.getLocalPort();
    }
  }

  private List<String> command(int rank, List<String> addresses, List<Integer> ports) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--add-modules=jdk.incubator.vector",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx96m",
        "-cp",
        System.getProperty("java.class.path"),
        RankOfHost.class.getName(),
        folder.toString(),
        "" + rank,
        addresses.get(0),
        addresses.get(1),
        "" + ports.get(0),
        "" + ports.get(1));
  }

  private static Network.Namespaces namespaces() {
    try {
      return new Network.Namespaces();
    } catch (IOException e) {
      Assumptions.abort("skipped, no network namespaces here (needs root): " + e.getMessage());
      throw new AssertionError(e);
    }
  }

  private void awaitStep(long step) {
    RankThreads.await(
        "step " + step,
        () ->
            monitors.stream().allMatch(monitor -> monitor.committedStep() >= step)
                || ranks.stream().anyMatch(rank -> !rank.isAlive()));
    assertThat(ranks).allMatch(Process::isAlive);
  }

  private void killHost(int host) {
    ranks.get(2 * host).destroyForcibly();
    ranks.get(2 * host + 1).destroyForcibly();
  }

  /** What a survivor said last. */
  private String end(int rank) throws Exception {
    var process = ranks.get(rank);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("rank %d hangs", rank).isTrue();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(said).isEqualTo(RankOfHost.REVOKED);
    return said;
  }

  /** Its ranks have applied what its word says, whatever happened elsewhere. */
  private String endOfHost(int host) throws Exception {
    String first = end(2 * host);
    String second = end(2 * host + 1);
    long committed = monitors.get(host).revoke("too late");
    assertThat(first).startsWith("applied=" + committed + " ");
    assertThat(second).startsWith("applied=" + committed + " ");
    return first;
  }

  /** One history: a host that is behind has voted for what the other one holds. */
  private void requireOneHistory() {
    long a = monitors.get(0).committedStep();
    long b = monitors.get(1).committedStep();
    assertThat(monitors.get(0).votedStep()).isBetween(Math.max(a, b), Math.max(a, b) + 1);
    assertThat(monitors.get(1).votedStep()).isBetween(Math.max(a, b), Math.max(a, b) + 1);
    assertThat(Math.abs(a - b)).isLessThanOrEqualTo(1);
  }

  @Test
  void givenTwoHosts_whenOneDies_thenTheOtherLeavesWithTheReason() throws Exception {
    startIn(Network.loopback());
    awaitStep(20);
    killHost(1);
    assertThat(endOfHost(0)).contains("group revoked: group=dp generation=3 reason=");
    long other = monitors.get(1).revoke("its agent saw it die");
    assertThat(monitors.get(0).committedStep()).isBetween(other - 1, other + 1);
  }

  @Test
  void givenTwoHosts_whenOneIsRevokedByItsAgent_thenTheOtherEndsAtTheSameStep() throws Exception {
    startIn(Network.loopback());
    awaitStep(10);
    long committed = monitors.get(1).revoke("the user said stop");
    assertThat(endOfHost(0)).contains("the user said stop");
    assertThat(endOfHost(1)).contains("the user said stop");
    assertThat(monitors.get(0).committedStep()).isEqualTo(committed);
  }

  @Test
  void givenNamespaces_whenTheLinkGoesDown_thenBothHostsLeaveWithOneHistory() throws Exception {
    var cable = namespaces();
    startIn(cable);
    awaitStep(20);
    cable.unplug();
    assertThat(endOfHost(0)).containsAnyOf("host h1 is lost", "cannot reach rank");
    assertThat(endOfHost(1)).containsAnyOf("host h0 is lost", "cannot reach rank");
    requireOneHistory();
  }

  @Test
  void givenNamespaces_whenEveryPacketIsLost_thenBothHostsLeaveWithOneHistory() throws Exception {
    var cable = namespaces();
    startIn(cable);
    awaitStep(20);
    cable.swallow();
    assertThat(endOfHost(0)).contains("host h1 is lost: silentMs=");
    assertThat(endOfHost(1)).contains("host h0 is lost: silentMs=");
    requireOneHistory();
  }

  @Test
  void givenNamespaces_whenPacketsAreLostNowAndThen_thenTheGroupGoesOn() throws Exception {
    var cable = namespaces();
    network = cable;
    try {
      cable.lose("1%");
    } catch (IOException e) {
      Assumptions.abort("skipped, packets cannot be lost here: " + e.getMessage());
    }
    startIn(cable);
    awaitStep(20);
    killHost(0);
    assertThat(endOfHost(1)).contains("group revoked");
  }
}
