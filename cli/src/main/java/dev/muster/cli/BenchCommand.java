package dev.muster.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code muster bench}; its subcommands are classes of their own. */
@Command(
    name = "bench",
    description = "Measurements and long tests.",
    synopsisSubcommandLabel = "BENCHMARK",
    footer = {
      "",
      "Examples:",
      "  muster bench fuzz",
      "  muster bench recovery --kills 200",
      "  muster bench chaos --minutes 10",
      "  muster bench seeds --hours 1",
      "  muster bench simulator",
      "  muster bench checkpoint",
      "  muster bench transport",
      "  muster bench collectives --against openmpi,gloo",
      "  muster bench hosts",
      "  muster bench elastic",
      "  muster bench checkpoint-kills --kills 200",
      "  muster bench ranges",
      "  muster bench abort",
      "  muster bench nccl",
      "  muster bench torchrun"
    },
    subcommands = {
      FuzzCommand.class,
      RecoveryCommand.class,
      ChaosCommand.class,
      SeedsCommand.class,
      SimulatorCommand.class,
      CheckpointBenchCommand.class,
      TransportCommand.class,
      CollectivesCommand.class,
      HostsCommand.class,
      ElasticCommand.class,
      CheckpointKillsCommand.class,
      RangesCommand.class,
      AbortCommand.class,
      NcclCommand.class,
      TorchrunCommand.class
    })
final class BenchCommand implements Runnable {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
