package dev.muster.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code muster checkpoints}; its subcommands are classes of their own. */
@Command(
    name = "checkpoints",
    description = "Look at the checkpoints of a run or a folder while it goes on, or ask for one.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  muster checkpoints list",
      "  muster checkpoints now",
      "  muster checkpoints verify --deep",
      "  muster checkpoints export --to model.safetensors"
    },
    subcommands = {
      CheckpointsListCommand.class,
      CheckpointsNowCommand.class,
      CheckpointsVerifyCommand.class,
      CheckpointsExportCommand.class
    })
final class CheckpointsCommand implements Runnable {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
