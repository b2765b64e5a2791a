package dev.muster.cli;

import dev.muster.cli.torchrun.PetDefaults;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;

/** Entry point of {@code ./muster}. */
@Command(
    name = "muster",
    description = "Elastic distributed training: a worker dies, training goes on.",
    mixinStandardHelpOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  muster run                             train the shipped GPT with 4 workers",
      "  muster run --fail rank=2@step=50       and kill a worker on the way",
      "  muster run --workers 2 -- python x.py  any command, one process per rank",
      "  muster status",
      "",
      "muster COMMAND --help says more."
    },
    subcommands = {
      RunCommand.class,
      StatusCommand.class,
      StopCommand.class,
      LogsCommand.class,
      FlightsCommand.class,
      CheckpointsCommand.class,
      CheckCommand.class,
      BenchCommand.class,
      DrillCommand.class,
      MasterCommand.class,
      AgentCommand.class,
      VersionCommand.class
    })
public final class MusterCommand implements Runnable {
  @CommandLine.Mixin private HelpOption help;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** The whole command tree with our way of saying errors. */
  static CommandLine commandLine() {
    var line = new CommandLine(new MusterCommand());
    line.setUsageHelpWidth(100);
    line.setParameterExceptionHandler(MusterCommand::wrongUsage);
    line.setExecutionExceptionHandler(MusterCommand::failed);
    acceptUnderscores(line);
    for (var takesCommand : List.of("run", "master")) {
      line.getSubcommands()
          .get(takesCommand)
          .setStopAtPositional(true); // what follows is COMMAND's
    }
    line.getSubcommands().get("run").setDefaultValueProvider(new PetDefaults());
    return line;
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /**
   * torchrun takes --nproc_per_node as well as --nproc-per-node: so do we, for every flag, without
   * showing both.
   */
  private static void acceptUnderscores(CommandLine command) {
    command.getSubcommands().values().forEach(MusterCommand::acceptUnderscores);
    for (var option : List.copyOf(command.getCommandSpec().options())) {
      for (var name : option.names()) {
        if (name.startsWith("--") && name.indexOf('-', 2) > 0) {
          var spelling = "--" + name.substring(2).replace('-', '_');
          command.getCommandSpec().addOption(hiddenTwin(option, spelling));
        }
      }
    }
  }

  private static OptionSpec hiddenTwin(OptionSpec option, String name) {
    return OptionSpec.builder(option).names(name).hidden(true).required(false).build();
  }

  private static int wrongUsage(CommandLine.ParameterException error, String[] arguments) {
    var command = error.getCommandLine();
    command.getErr().println("muster: " + UsageMessage.of(error, arguments));
    command.getErr().println("See " + command.getCommandSpec().qualifiedName() + " --help");
    return isDrill(command) ? ExitCodes.BROKEN : ExitCodes.USAGE;
  }

  /** Where 2 means undecided. */
  private static boolean isDrill(CommandLine command) {
    return command.getCommandSpec().userObject() instanceof DrillRunCommand;
  }

  private static int failed(Exception error, CommandLine command, CommandLine.ParseResult parsed) {
    PrintWriter err = command.getErr();
    if (error instanceof UserError user) {
      err.println("muster: " + user.getMessage());
      return user.exitCode();
    }
    err.println("muster: internal error, please report it");
    error.printStackTrace(err);
    return isDrill(command) ? ExitCodes.BROKEN : ExitCodes.FAILED;
  }
}
