package dev.muster.cli;

import dev.muster.simulator.drill.Catalogue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code muster drill}; its subcommands are classes of their own. */
@Command(
    name = "drill",
    description =
        "Plays failures of a simulated cluster on the real decisions of master and agents.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  muster drill list",
      "  muster drill run nodes --seeds 1..20",
      "  muster drill run my-drill.conf",
      "  muster drill replay"
    },
    subcommands = {DrillCommand.ListCommand.class, DrillRunCommand.class, DrillReplayCommand.class})
final class DrillCommand implements Runnable {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** {@code muster drill list}. */
  @Command(name = "list", description = "The drills that come with Muster, with what they do.")
  static final class ListCommand implements Runnable {
    @Mixin private HelpOption help;
    @Spec private CommandSpec spec;

    @Override
    public void run() {
      for (var name : Catalogue.names()) {
        String first = Catalogue.text(name).lines().findFirst().orElse("").replaceFirst("# *", "");
        spec.commandLine().getOut().printf("%-16s %s%n", name, first);
      }
    }
  }
}
