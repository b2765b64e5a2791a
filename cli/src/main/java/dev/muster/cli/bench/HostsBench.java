package dev.muster.cli.bench;

import dev.muster.cli.process.JavaCommand;
import dev.muster.collectives.hosts.Crossovers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Several hosts of two ranks each: collectives beside gloo and OpenMPI over the same network and
 * beside our own along the line of hosts only, and one stream beside a plain socket between the
 * same processes. In each round all sides do the same, one after the other.
 */
public final class HostsBench implements AutoCloseable {
  private static final int WARM_UP = 3;
  private static final long BATCH_BYTES = 8 << 20;
  private static final int BATCH_MAX = 50;
  private static final int PORT = 17_410; // of our first side; then every tenth

  private final HostNetwork network;
  private final Path folder;
  private final RankTeam ours;
  private final Map<String, RankTeam> others = new LinkedHashMap<>();

  /**
   * @param folder empty, in shared memory
   * @param bytesMax of any call
   * @param line whether our own way along the line of hosts is a side, too
   * @param alone without gloo and OpenMPI
   */
  public HostsBench(
      HostNetwork network,
      Path folder,
      long bytesMax,
      Crossovers crossovers,
      boolean line,
      boolean alone)
      throws IOException {
    this.network = network;
    this.folder = folder;
    this.ours = startOurs("ours", bytesMax, crossovers, PORT);
    if (line) {
      others.put("line", startOurs("line", bytesMax, Crossovers.LINE, PORT + 10));
    }
    if (!alone && CollectiveSide.GLOO.missing().isEmpty()) {
      others.put("gloo", startGloo(bytesMax));
    }
    if (!alone && CollectiveSide.OPENMPI.missing().isEmpty() && !network.isLoopback()) {
      others.put("openmpi", CollectiveSide.openmpi(network, sub("openmpi"), bytesMax));
    }
  }

  private Path sub(String name) throws IOException {
    return Files.createDirectory(folder.resolve(name));
  }

  private int worldSize() {
    return HostRank.EACH * network.hosts();
  }

  private RankTeam startOurs(String name, long bytesMax, Crossovers crossovers, int port)
      throws IOException {
    var own = sub(name);
    var team = new RankTeam(own.resolve("errors"));
    for (int rank = 0; rank < worldSize(); rank++) {
      var command = JavaCommand.trainer(HostRank.class.getName());
      command.addAll(List.of(own.toString(), "" + rank, "" + bytesMax));
      command.addAll(
          List.of(
              "" + crossovers.gatheredBytes(),
              "" + crossovers.directFromBytes(),
              "" + crossovers.directBytes(),
              "" + crossovers.treeBytes()));
      for (int host = 0; host < network.hosts(); host++) {
        command.addAll(List.of(network.address(host), "" + port));
      }
      team.add(network.process(rank / HostRank.EACH, command));
    }
    return team;
  }

  private RankTeam startGloo(long bytesMax) throws IOException {
    var own = sub("gloo");
    var team = new RankTeam(own.resolve("errors"));
    var script = CollectiveSide.unpack("collectives.py", own);
    for (int rank = 0; rank < worldSize(); rank++) {
      int host = rank / HostRank.EACH;
      var process =
          network.process(
              host,
              List.of(
                  CollectiveSide.python().orElseThrow(),
                  script.toString(),
                  own.toString(),
                  "" + worldSize(),
                  "" + rank,
                  "" + bytesMax));
      process.environment().put("GLOO_SOCKET_IFNAME", network.device(host));
      team.add(process);
    }
    return team;
  }

  public static String header() {
    return "%10s %-13s %-8s %14s %12s %14s %12s %8s %10s"
        .formatted(
            "KiB",
            "what",
            "other",
            "ours median",
            "fastest",
            "other median",
            "fastest",
            "ratio",
            "CPU ratio");
  }

  /**
   * How fast a collective is, beside that of all other sides.
   *
   * @return a line for each other side; ratio: how many times as fast as it, median of the rounds
   */
  public List<String> collective(CollectiveKind kind, long bytes, int rounds) throws IOException {
    int calls = calls(bytes);
    var sides = new LinkedHashMap<String, Side>();
    ours.ask("check", kind.label(), bytes, 1);
    for (var other : others.entrySet()) {
      other.getValue().ask("check", kind.label(), bytes, 1);
      sides.put(other.getKey(), () -> other.getValue().ask("time", kind.label(), bytes, calls));
    }
    Side own = () -> ours.ask("time", kind.label(), bytes, calls);
    return compare(kind.label(), bytes, calls, rounds, own, sides);
  }

  /** One stream of ours beside a plain socket. */
  public List<String> stream(long bytes, int rounds) throws IOException {
    int calls = calls(bytes);
    return compare(
        "one stream",
        bytes,
        calls,
        rounds,
        () -> ours.ask("stream", "-", bytes, calls),
        Map.of("socket", () -> ours.ask("socket", "-", bytes, calls)));
  }

  private static int calls(long bytes) {
    return Math.clamp(BATCH_BYTES / bytes, 1, BATCH_MAX);
  }

  private interface Side {
    RankTeam.Answer run() throws IOException;
  }

  private static List<String> compare(
      String what, long bytes, int calls, int rounds, Side own, Map<String, Side> others)
      throws IOException {
    var timing = new Timing();
    var cpu = new Timing();
    for (int round = -WARM_UP; round < rounds; round++) {
      if (round == 0) {
        timing.clear();
        cpu.clear();
      }
      add(timing, cpu, "ours", own.run(), calls);
      for (var other : others.entrySet()) {
        add(timing, cpu, other.getKey(), other.getValue().run(), calls);
      }
    }
    var lines = new ArrayList<String>();
    for (var other : others.isEmpty() ? List.of("-") : others.keySet()) {
      lines.add(line(what, bytes, other, timing, cpu));
    }
    return lines;
  }

  private static String line(String what, long bytes, String other, Timing timing, Timing cpu) {
    boolean alone = other.equals("-");
    return String.format(
        Locale.ROOT,
        "%10d %-13s %-8s %14s %12s %14s %12s %8s %10s",
        bytes >> 10,
        what,
        other,
        time(timing.medianNs("ours"), bytes),
        time(timing.fastestNs("ours"), bytes),
        alone ? "-" : time(timing.medianNs(other), bytes),
        alone ? "-" : time(timing.fastestNs(other), bytes),
        alone ? "-" : ratio(timing.ratio(other, "ours")),
        alone ? "-" : ratio(cpu.ratio("ours", other)));
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

  /** Which of the others are compared with, and in which version, or why not. */
  public static List<String> others() throws IOException {
    var lines = new ArrayList<String>();
    for (var side : List.of(CollectiveSide.GLOO, CollectiveSide.OPENMPI)) {
      var missing = side.missing();
      lines.add(missing.isPresent() ? missing.get() : side.label() + ": " + side.version());
    }
    return lines;
  }

  /** The folder goes with its owner. */
  @Override
  public void close() {
    ours.close();
    others.values().forEach(RankTeam::close);
  }
}
