package dev.muster.cli.bench;

import dev.muster.cli.process.JavaCommand;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One {@code muster run} in a process of its own. One thread. */
public final class BenchRun {
  private final RunFolder folder;
  private final Process process;

  private BenchRun(RunFolder folder, Process process) {
    this.folder = folder;
    this.process = process;
  }

  /**
   * @param folder of the run, new; what the command prints goes beside it
   */
  public static BenchRun start(Path folder, List<String> flags) throws IOException {
    var arguments = new ArrayList<>(List.of("run", "--run-dir", folder.toString()));
    arguments.addAll(flags);
    return command(folder, arguments);
  }

  /** Goes on with a run whose master is gone. */
  public static BenchRun resume(Path folder) throws IOException {
    return command(folder, List.of("run", "--resume", folder.toString()));
  }

  private static BenchRun command(Path folder, List<String> arguments) throws IOException {
    var log = folder.resolveSibling(folder.getFileName() + ".log").toFile();
    var process =
        new ProcessBuilder(JavaCommand.service(arguments.toArray(String[]::new)))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
            .start();
    process.getOutputStream().close();
    return new BenchRun(new RunFolder(folder), process);
  }

  public RunFolder folder() {
    return folder;
  }

  public Progress progress() throws IOException {
    return RunFiles.read(folder.progress(), Progress.class).orElse(Progress.NONE);
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Ctrl-C. */
  public void stop() {
    process.destroy(); // SIGTERM: the command stops gracefully, as at a Ctrl-C
  }

  public void kill() {
    process.destroyForcibly();
  }

  /** The result, empty when the run ended without one or not in time. */
  public Optional<Result> await(long timeoutNs) throws IOException, InterruptedException {
    if (!process.waitFor(timeoutNs, TimeUnit.NANOSECONDS)) {
      stop();
      process.waitFor(1, TimeUnit.MINUTES);
    }
    return RunFiles.read(folder.result(), Result.class);
  }

  public Path log() {
    return folder.root().resolveSibling(folder.root().getFileName() + ".log");
  }
}
