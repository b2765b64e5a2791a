package dev.muster.cli;

import dev.muster.cli.bench.PacketNetwork;
import dev.muster.cli.bench.TransportBench;
import dev.muster.cli.bench.TransportRow;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
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
    var text = new StringWriter();
    try (var network = network();
        var bench = new TransportBench(network, folder, Collections.max(mebibytes))) {
      say(text, "command: " + command());
      say(text, "load average before: " + Files.readString(Path.of("/proc/loadavg")).strip());
      say(text, TransportRow.header());
      for (int size : mebibytes) {
        bench.run(size, rounds).forEach(row -> say(text, row.toString()));
      }
      say(text, "load average after: " + Files.readString(Path.of("/proc/loadavg")).strip());
    }
    write(text.toString());
    return ExitCodes.SUCCESS;
  }

  private PacketNetwork network() {
    try {
      return mtuBytes == 0 ? PacketNetwork.loopback() : PacketNetwork.namespace(mtuBytes);
    } catch (IOException e) {
      throw UserError.failed("cannot make a network namespace (needs root): " + e.getMessage());
    }
  }

  private String command() {
    return "./muster "
        + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  private void say(StringWriter text, String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
    text.write(line + "\n");
  }

  private void write(String text) throws IOException {
    if (results == null) {
      return;
    }
    int cores = Runtime.getRuntime().availableProcessors();
    var file = results.resolve("transport_" + cores + "-cores_" + LocalDate.now() + ".txt");
    var machine =
        "# %d cores; JVM %s; Linux %s%n"
            .formatted(cores, Runtime.version(), System.getProperty("os.version"));
    Files.writeString(file, machine + text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
