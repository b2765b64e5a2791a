package dev.muster.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code muster version}. */
@Command(name = "version", description = "Versions of Muster and of its JDK.")
final class VersionCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    out.println("muster " + Version.text());
    out.println("java " + Runtime.version() + " (" + System.getProperty("java.home") + ")");
    return ExitCodes.SUCCESS;
  }
}
