package dev.muster.cli;

import dev.muster.cli.bench.SimulatorRun;
import dev.muster.simulator.drill.HostKind;
import dev.muster.simulator.hocon.DrillException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench simulator}. */
@Command(
    name = "simulator",
    description = "How fast the simulator plays weeks of a large cluster.",
    footer = {
      "",
      "Fails at the rate and with the causes of Llama 3 405B (profile llama3-h100), 8 GPUs a node.",
      "The whole command runs in a heap of 1 GB.",
      "",
      "Examples:",
      "  muster bench simulator",
      "  muster bench simulator --nodes 12500 --days 1 --hosts core --seeds 0"
    })
final class SimulatorCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(
      names = "--nodes",
      split = ",",
      paramLabel = "N",
      description = "Sizes of fleets. Default: 2048.")
  private List<Integer> nodes = List.of(2048);

  @Option(names = "--days", paramLabel = "D", description = "Of virtual time. Default: 60.")
  private int days = 60;

  @Option(
      names = "--hosts",
      split = ",",
      paramLabel = "KIND",
      description = "core, actors. Default: core,actors.")
  private List<String> hosts = List.of("core", "actors");

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description =
          "Seeds played at once on all cores, with a fleet an eighth as large. Default: 20.")
  private int seeds = 20;

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    var kinds = hosts.stream().map(SimulatorCommand::kind).toList();
    if (days < 1 || nodes.stream().anyMatch(n -> n < 2)) {
      throw UserError.usage("needed are at least one day and two nodes");
    }
    out.println(SimulatorRun.header());
    for (int fleet : nodes) {
      kinds.forEach(kind -> print(SimulatorRun.one(fleet, days, kind), out));
    }
    if (seeds > 0) {
      print(SimulatorRun.many(Math.max(8, nodes.getFirst() / 8), days, seeds), out);
    }
    out.printf(Locale.ROOT, "peak resident memory of the command: %s%n", SimulatorRun.peakMemory());
    out.flush();
    return ExitCodes.SUCCESS;
  }

  private static HostKind kind(String name) {
    try {
      return HostKind.named(name);
    } catch (DrillException e) {
      throw UserError.usage(e.getMessage());
    }
  }

  private static void print(SimulatorRun run, PrintWriter out) {
    out.println(run);
    out.flush();
  }
}
