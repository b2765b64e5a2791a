package dev.muster.cli.bench;

import dev.muster.cli.process.JavaCommand;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Two hosts of two ranks each: all-reduces beside gloo over the same network, and one stream beside
 * a plain socket between the same processes. In each round all sides do the same, one after the
 * other.
 */
public final class HostsBench implements AutoCloseable {
  private static final int WARM_UP = 3;
  private static final long BATCH_BYTES = 32 << 20;
  private static final int BATCH_MAX = 200;
  private static final String PEER_PORT = "17410";

  private final PacketNetwork network;
  private final Path folder;
  private final RankTeam ours;
  private final Optional<RankTeam> gloo;

  /**
   * @param folder empty, in shared memory
   * @param bytesMax of any call
   */
  public HostsBench(PacketNetwork network, Path folder, long bytesMax) throws IOException {
    this.network = network;
    this.folder = folder;
    this.ours = new RankTeam(folder.resolve("errors"));
    startOurs(bytesMax);
    this.gloo = CollectiveSide.GLOO.missing().isPresent() ? Optional.empty() : startGloo(bytesMax);
  }

  private void startOurs(long bytesMax) throws IOException {
    String port = Integer.toString(freePort());
    for (int rank = 0; rank < 4; rank++) {
      var command = JavaCommand.trainer(HostRank.class.getName());
      command.addAll(
          List.of(
              folder.toString(),
              Integer.toString(rank),
              Long.toString(bytesMax),
              network.ownAddress(),
              port,
              network.peerAddress(),
              PEER_PORT));
      ours.add(onHost(rank / 2, command));
    }
  }

  private int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName(network.ownAddress()))) {
      return socket.getLocalPort();
    }
  }

  private ProcessBuilder onHost(int host, List<String> command) {
    var all = new ArrayList<>(host == 0 ? List.of() : network.prefix());
    all.addAll(command);
    return new ProcessBuilder(all);
  }

  private Optional<RankTeam> startGloo(long bytesMax) throws IOException {
    var team = new RankTeam(folder.resolve("errors-gloo"));
    var script = CollectiveSide.unpack("collectives.py", folder);
    for (int rank = 0; rank < 4; rank++) {
      var process =
          onHost(
              rank / 2,
              List.of(
                  CollectiveSide.python().orElseThrow(),
                  script.toString(),
                  folder.toString(),
                  "4",
                  Integer.toString(rank),
                  Long.toString(bytesMax)));
      process.environment().put("GLOO_SOCKET_IFNAME", network.devices().get(rank / 2));
      team.add(process);
    }
    return Optional.of(team);
  }

  public static String header() {
    return "%10s %-12s %14s %12s %14s %12s %8s %12s"
        .formatted(
            "KiB",
            "what",
            "ours median",
            "fastest",
            "other median",
            "fastest",
            "ratio",
            "CPU ratio");
  }

  /**
   * How fast all-reduces are, and gloo's where it is installed.
   *
   * @return ratio: how many times as fast as the other, median of the rounds
   */
  public String allReduce(long bytes, int rounds) throws IOException {
    int calls = calls(bytes);
    ours.ask("check", "allReduce", bytes, 1);
    if (gloo.isPresent()) {
      gloo.get().ask("check", "allReduce", bytes, 1);
    }
    return compare(
        "allReduce",
        bytes,
        calls,
        rounds,
        () -> ours.ask("time", "allReduce", bytes, calls),
        gloo.isEmpty() ? null : () -> gloo.get().ask("time", "allReduce", bytes, calls));
  }

  /** One stream of ours beside a plain socket. */
  public String stream(long bytes, int rounds) throws IOException {
    int calls = calls(bytes);
    return compare(
        "one stream",
        bytes,
        calls,
        rounds,
        () -> ours.ask("stream", "-", bytes, calls),
        () -> ours.ask("socket", "-", bytes, calls));
  }

  private static int calls(long bytes) {
    return Math.clamp(BATCH_BYTES / bytes, 1, BATCH_MAX);
  }

  private interface Side {
    RankTeam.Answer run() throws IOException;
  }

  private static String compare(
      String what, long bytes, int calls, int rounds, Side own, Side other) throws IOException {
    var timing = new Timing();
    var cpu = new Timing();
    for (int round = -WARM_UP; round < rounds; round++) {
      if (round == 0) {
        timing.clear();
        cpu.clear();
      }
      add(timing, cpu, "ours", own.run(), calls);
      if (other != null) {
        add(timing, cpu, "other", other.run(), calls);
      }
    }
    return String.format(
        Locale.ROOT,
        "%10d %-12s %14s %12s %14s %12s %8s %12s",
        bytes >> 10,
        what,
        time(timing.medianNs("ours"), bytes),
        time(timing.fastestNs("ours"), bytes),
        other == null ? "-" : time(timing.medianNs("other"), bytes),
        other == null ? "-" : time(timing.fastestNs("other"), bytes),
        other == null ? "-" : ratio(timing.ratio("other", "ours")),
        other == null ? "-" : ratio(cpu.ratio("ours", "other")));
  }

  private static void add(
      Timing timing, Timing cpu, String name, RankTeam.Answer answer, int calls) {
    timing.add(name, answer.seconds() * 1e9 / calls);
    cpu.add(name, Math.max(1, answer.cpuSeconds() * 1e9 / calls));
  }

  private static String ratio(double ratio) {
    return String.format(Locale.ROOT, "%.2f", ratio);
  }

  private static String time(double ns, long bytes) {
    return ns < 1e6
        ? String.format(Locale.ROOT, "%.0f us", ns / 1e3)
        : String.format(Locale.ROOT, "%.1f ms %.2f", ns / 1e6, bytes / ns);
  }

  /** Whether gloo is compared with, or why not. */
  public static String gloo() {
    return CollectiveSide.GLOO
        .missing()
        .orElse("other: gloo for all-reduces, a socket for streams");
  }

  @Override
  public void close() throws IOException {
    ours.close();
    gloo.ifPresent(RankTeam::close);
    for (int host = 0; host < 2; host++) {
      var left = folder.resolve("host" + host);
      if (Files.isDirectory(left)) {
        try (var files = Files.list(left)) {
          for (var file : files.toList()) {
            Files.delete(file);
          }
        }
        Files.delete(left);
      }
    }
  }
}
