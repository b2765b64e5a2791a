package dev.muster.cli;

import dev.muster.cli.bench.CollectiveKind;
import dev.muster.cli.bench.HostNetwork;
import dev.muster.cli.bench.HostsBench;
import dev.muster.cli.bench.Machine;
import dev.muster.collectives.hosts.Crossovers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench hosts}. */
@Command(
    name = "hosts",
    description =
        "How fast collectives of several hosts of two ranks are, and a stream between two.",
    footer = {
      "",
      "The hosts are this one and network namespaces at one switch (needs root), or all at the",
      "loopback interface. Collectives beside gloo and OpenMPI over TCP, if they are installed,"
          + " and",
      "with --line beside our own along the line of hosts at every size; a stream beside a plain",
      "socket between the same processes. Times of one call, then GB/s of the buffer; ratio: how"
          + " many times as fast as the",
      "other in the same round (median); CPU ratio: our CPU time of that of the other.",
      "",
      "Examples:",
      "  muster bench hosts",
      "  muster bench hosts --mtu 9000 --kib 1024,65536 --rounds 15",
      "  muster bench hosts --hosts 4 --line --kinds allReduce,broadcast --kib 64,256,1024",
      "  muster bench hosts --loopback --results benchmarks/results"
    })
final class HostsCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(
      names = "--kib",
      split = ",",
      paramLabel = "N",
      description = "Sizes in KiB. Default: 4,64,1024,16384,65536.")
  private List<Integer> kibibytes = List.of(4, 64, 1024, 16384, 65536);

  @Option(names = "--hosts", paramLabel = "N", description = "Default: 2.")
  private int hosts = 2;

  @Option(
      names = "--kinds",
      split = ",",
      paramLabel = "KIND",
      description = "Of collectives. Default: allReduce.")
  private List<String> kinds = List.of(CollectiveKind.ALL_REDUCE.label());

  @Option(names = "--line", description = "Also our own along the line of hosts at every size.")
  private boolean line;

  @Option(names = "--alone", description = "Without gloo and OpenMPI.")
  private boolean alone;

  @Option(
      names = "--crossovers",
      split = ",",
      paramLabel = "KIB",
      description =
          "Up to which size calls travel with their comparison; from and up to which size (of all"
              + " ranks of a host) reductions go directly; up to which broadcasts go along a tree."
              + " Default: as measured best.")
  private List<Integer> crossovers;

  @Option(names = "--rounds", paramLabel = "N", description = "For each size. Default: 9.")
  private int rounds = 9;

  @Option(
      names = "--mtu",
      paramLabel = "BYTES",
      description = "Size of packets between the hosts. Default: 1500.")
  private int mtuBytes = 1500;

  @Option(names = "--loopback", description = "No namespace, no packets.")
  private boolean loopback;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "Where shared memory lives. Default: /dev/shm.")
  private Path folder = Path.of("/dev/shm");

  @Option(
      names = "--results",
      paramLabel = "DIR",
      description = "Also writes hosts_<cores>-cores_<date>.txt there, or adds to it.")
  private Path results;

  @Override
  public Integer call() throws IOException {
    if (rounds < 1 || Collections.min(kibibytes) < 1 || hosts < 2) {
      throw UserError.usage("needed are at least one round, one KiB and two hosts");
    }
    var collectives = kinds();
    var ways = ways();
    var file = new ResultFile(spec);
    file.sayCommand();
    Machine.lines().forEach(file::say);
    if (!alone) {
      HostsBench.others().forEach(file::say);
    }
    long bytesMax = 1024L * Collections.max(kibibytes);
    try (var own = ScratchFolder.in(folder);
        var network = network();
        var bench = new HostsBench(network, own.path(), bytesMax, ways, line, alone)) {
      file.say(HostsBench.header());
      for (var kind : collectives) {
        for (int size : kibibytes) {
          bench.collective(kind, 1024L * size, rounds).forEach(file::say);
        }
      }
      for (int size : alone ? List.<Integer>of() : kibibytes) {
        bench.stream(1024L * size, rounds).forEach(file::say);
      }
    }
    file.keep(results);
    return ExitCodes.SUCCESS;
  }

  private List<CollectiveKind> kinds() {
    try {
      return kinds.stream().map(CollectiveKind::of).toList();
    } catch (IllegalArgumentException e) {
      throw UserError.usage(e.getMessage());
    }
  }

  private Crossovers ways() {
    if (crossovers != null && crossovers.size() != 4) {
      throw UserError.usage("needed are four crossovers: given=" + crossovers);
    }
    return crossovers == null
        ? Crossovers.DEFAULT
        : new Crossovers(
            1024L * crossovers.get(0),
            1024L * crossovers.get(1),
            1024L * crossovers.get(2),
            1024L * crossovers.get(3));
  }

  private HostNetwork network() {
    try {
      return loopback ? HostNetwork.loopback(hosts) : HostNetwork.namespaces(hosts, mtuBytes);
    } catch (IOException e) {
      throw UserError.failed(
          "cannot make a network namespace (needs root, or --loopback): " + e.getMessage());
    }
  }
}
