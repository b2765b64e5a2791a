package dev.muster.cli;

import dev.muster.cli.bench.Machine;
import dev.muster.cli.bench.PacketNetwork;
import dev.muster.cli.bench.TransportBench;
import dev.muster.cli.bench.TransportRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench transport}. */
@Command(
    name = "transport",
    description = "How fast large memory moves to another process, over TCP and over Aeron.",
    footer = {
      "",
      "Each round moves the same bytes over every transport, one after the other; printed are"
          + " medians,",
      "the ratio to one plain copy in memory and to TCP in the same round, and the CPU time of both"
          + " ends.",
      "",
      "Examples:",
      "  muster bench transport",
      "  muster bench transport --mtu 1500          between network namespaces; needs root",
      "  muster bench transport --mib 64 --rounds 30 --results benchmarks/results"
    })
final class TransportCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(
      names = "--mib",
      split = ",",
      paramLabel = "N",
      description = "Sizes of transfers in MiB. Default: 64,256,1024.")
  private List<Integer> mebibytes = List.of(64, 256, 1024);

  @Option(names = "--rounds", paramLabel = "N", description = "For each size. Default: 9.")
  private int rounds = 9;

  @Option(
      names = "--mtu",
      paramLabel = "BYTES",
      description =
          "Size of packets between two network namespaces. Default: loopback, no packets.")
  private int mtuBytes;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "For the media drivers. Default: /dev/shm.")
  private Path folder = Path.of("/dev/shm");

  @Option(
      names = "--results",
      paramLabel = "DIR",
      description = "Also writes transport_<cores>-cores_<date>.txt there, or adds to it.")
  private Path results;

  @Override
  public Integer call() throws IOException {
    if (rounds < 1 || mebibytes.stream().anyMatch(n -> n < 1)) {
      throw UserError.usage("needed are at least one round and one MiB");
    }
    var file = new ResultFile(spec);
    file.sayCommand();
    Machine.lines().forEach(file::say);
    try (var network = network();
        var bench = new TransportBench(network, folder, Collections.max(mebibytes))) {
      file.say(TransportRow.header());
      for (int size : mebibytes) {
        bench.run(size, rounds).forEach(row -> file.say(row.toString()));
      }
      file.say("load average after: " + Files.readString(Path.of("/proc/loadavg")).strip());
    }
    file.keep(results);
    return ExitCodes.SUCCESS;
  }

  private PacketNetwork network() {
    try {
      return mtuBytes == 0 ? PacketNetwork.loopback() : PacketNetwork.namespace(mtuBytes);
    } catch (IOException e) {
      throw UserError.failed("cannot make a network namespace (needs root): " + e.getMessage());
    }
  }
}
