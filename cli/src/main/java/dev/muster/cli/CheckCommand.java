package dev.muster.cli;

import dev.muster.cli.check.Finding;
import dev.muster.cli.check.MachineCheck;
import dev.muster.cli.console.CheckTable;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code muster check}. */
@Command(
    name = "check",
    description =
        "Look at this machine: JDK, flags, shared memory, ports, clock, cores, limits, GPUs.",
    footer = {
      "",
      "Exit code 0 when a run would start, 1 otherwise.",
      "",
      "Example:",
      "  muster check"
    })
final class CheckCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    var findings = MachineCheck.all();
    CheckTable.lines(findings).forEach(spec.commandLine().getOut()::println);
    boolean ready = findings.stream().noneMatch(f -> f.verdict() == Finding.Verdict.FAIL);
    return ready ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }
}
