package dev.muster.cli;

import dev.muster.cli.attach.MasterConnection;
import dev.muster.cli.process.Pids;
import dev.muster.cli.process.RunsDirectory;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFiles;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster checkpoints now}. */
@Command(
    name = "now",
    description = "Bring a checkpoint to storage now, beside those that are due by time.",
    footer = {
      "",
      "Says which step will be saved and does not wait for it; exit code 1 when none will be, with"
          + " the reason.",
      "",
      "Examples:",
      "  muster checkpoints now",
      "  muster checkpoints now 20261121-093000-1f3a"
    })
final class CheckpointsNowCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "Run id or folder. Default: the newest.")
  private String run;

  @Override
  public Integer call() throws IOException {
    var folder = RunsDirectory.standard().find(run);
    var master = RunFiles.read(folder.master(), MasterFile.class).orElse(null);
    if (master == null || !Pids.lives(master.pid(), master.startedEpochMillis())) {
      throw UserError.failed("no checkpoint: run=" + folder.run() + " has no living master");
    }
    try (var connection = MasterConnection.attach(master.pid())) {
      var answer = connection.checkpoint();
      if (!answer.accepted()) {
        throw UserError.failed("no checkpoint: run=" + folder.run() + ": " + answer.message());
      }
      spec.commandLine().getOut().println(answer.message());
      return ExitCodes.SUCCESS;
    } catch (IOException e) {
      throw UserError.failed(
          "no checkpoint: run=" + folder.run() + " pid=" + master.pid() + ": " + e.getMessage());
    }
  }
}
