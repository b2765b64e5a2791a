package dev.muster.cli;

import dev.muster.cli.attach.MasterConnection;
import dev.muster.cli.attach.Status;
import dev.muster.cli.console.StatusTable;
import dev.muster.cli.console.Summary;
import dev.muster.cli.process.Pids;
import dev.muster.cli.process.RunsDirectory;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.run.RunJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster status}. */
@Command(
    name = "status",
    description = "Show a run: from its living master over JMX, from its files once it has ended.",
    footer = {"", "Examples:", "  muster status", "  muster status --json 20261121-093000-1f3a"})
final class StatusCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "One JSON object with stable field names.")
  private boolean json;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "Run id or folder. Default: the newest.")
  private String run;

  @Override
  public Integer call() throws Exception {
    var folder = RunsDirectory.standard().find(run);
    var result = RunFiles.read(folder.result(), Result.class);
    if (result.isPresent()) {
      show(result.get(), folder);
      return ExitCodes.SUCCESS;
    }
    var master = RunFiles.read(folder.master(), MasterFile.class).orElse(null);
    if (master == null || !Pids.lives(master.pid(), master.startedEpochMillis())) {
      throw UserError.failed(gone(folder));
    }
    show(status(master, folder));
    return ExitCodes.SUCCESS;
  }

  private static Status status(MasterFile master, RunFolder folder) {
    try (var connection = MasterConnection.attach(master.pid())) {
      return connection.status();
    } catch (IOException e) {
      throw UserError.failed(
          "cannot read the master: run="
              + folder.run()
              + " pid="
              + master.pid()
              + "; "
              + e.getMessage());
    }
  }

  private static String gone(RunFolder folder) throws IOException {
    var last = RunFiles.read(folder.progress(), Progress.class).orElse(Progress.NONE);
    var name = RunsDirectory.nameOf(folder);
    return "the master is gone without a result: run="
        + name
        + " lastStep="
        + last.step()
        + "; go on with ./muster run --resume "
        + name;
  }

  private void show(Status status) throws IOException {
    if (json) {
      print(new String(RunJson.bytes(status), StandardCharsets.UTF_8));
    } else {
      StatusTable.lines(status).forEach(this::print);
    }
  }

  private void show(Result result, RunFolder folder) throws IOException {
    if (json) {
      print(new String(RunJson.bytes(result), StandardCharsets.UTF_8));
    } else {
      print("run " + folder.run() + " has ended");
      Summary.lines(result, folder.root().toString()).forEach(this::print);
    }
  }

  private void print(String line) {
    spec.commandLine().getOut().println(line);
  }
}
