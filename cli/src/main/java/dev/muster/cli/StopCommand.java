package dev.muster.cli;

import dev.muster.cli.attach.MasterConnection;
import dev.muster.cli.process.Interrupts;
import dev.muster.cli.process.Pids;
import dev.muster.cli.process.RunsDirectory;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster stop}. */
@Command(
    name = "stop",
    description = "Stop a run at its next step boundary and wait until it has ended.",
    footer = {"", "Examples:", "  muster stop", "  muster stop 20261121-093000-1f3a --timeout 60"})
final class StopCommand implements Callable<Integer> {
  private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(100);

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "How long to wait. Default: 60.")
  private int timeoutSeconds = 60;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "Run id or folder. Default: the newest.")
  private String run;

  @Override
  public Integer call() throws Exception {
    var folder = RunsDirectory.standard().find(run);
    var master = RunFiles.read(folder.master(), MasterFile.class).orElse(null);
    if (ended(folder) || master == null || !Pids.lives(master.pid(), master.startedEpochMillis())) {
      say("nothing to stop: run=" + folder.run() + " has no living master");
      return ExitCodes.SUCCESS;
    }
    try (var connection = MasterConnection.attach(master.pid())) {
      say(connection.stop());
    } catch (IOException unreachable) {
      Pids.terminate(master.pid(), master.startedEpochMillis());
      say(
          "sent SIGTERM to the master: pid="
              + master.pid()
              + " ("
              + unreachable.getMessage()
              + ")");
    }
    return await(folder, master);
  }

  private int await(RunFolder folder, MasterFile master) throws IOException, InterruptedException {
    var pause = Interrupts.none();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutSeconds);
    while (System.nanoTime() - deadline < 0) {
      if (ended(folder) || !Pids.lives(master.pid(), master.startedEpochMillis())) {
        say("stopped: run=" + folder.run());
        return ExitCodes.SUCCESS;
      }
      pause.await(POLL_NS);
    }
    throw UserError.failed(
        "still stopping after "
            + timeoutSeconds
            + " s: run="
            + folder.run()
            + " pid="
            + master.pid());
  }

  private static boolean ended(RunFolder folder) throws IOException {
    return RunFiles.read(folder.result(), Result.class).isPresent();
  }

  private void say(String text) {
    spec.commandLine().getOut().println(text);
  }
}
