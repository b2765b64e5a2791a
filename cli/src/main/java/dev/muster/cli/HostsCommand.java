package dev.muster.cli;

import dev.muster.cli.bench.HostsBench;
import dev.muster.cli.bench.Machine;
import dev.muster.cli.bench.PacketNetwork;
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
    description = "How fast two hosts of two ranks reduce, and how fast a stream between them is.",
    footer = {
      "",
      "The hosts are this one and a network namespace (needs root), or both at the loopback"
          + " interface.",
      "All-reduces beside gloo, if it is installed; a stream beside a plain socket between the"
          + " same",
      "processes. Times of one call, then GB/s of the buffer; ratio: how many times as fast as the",
      "other in the same round (median); CPU ratio: our CPU time of that of the other.",
      "",
      "Examples:",
      "  muster bench hosts",
      "  muster bench hosts --mtu 9000 --kib 1024,65536 --rounds 15",
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
    if (rounds < 1 || Collections.min(kibibytes) < 1) {
      throw UserError.usage("needed are at least one round and one KiB");
    }
    var file = new ResultFile(spec);
    file.sayCommand();
    Machine.lines().forEach(file::say);
    file.say(HostsBench.gloo());
    long bytesMax = 1024L * Collections.max(kibibytes);
    try (var own = ScratchFolder.in(folder);
        var network = network();
        var bench = new HostsBench(network, own.path(), bytesMax)) {
      file.say(HostsBench.header());
      for (int size : kibibytes) {
        file.say(bench.allReduce(1024L * size, rounds));
      }
      for (int size : kibibytes) {
        file.say(bench.stream(1024L * size, rounds));
      }
    }
    file.keep(results);
    return ExitCodes.SUCCESS;
  }

  private PacketNetwork network() {
    try {
      return loopback ? PacketNetwork.loopback() : PacketNetwork.namespace(mtuBytes);
    } catch (IOException e) {
      throw UserError.failed(
          "cannot make a network namespace (needs root, or --loopback): " + e.getMessage());
    }
  }
}
