package dev.muster.cli;

import dev.muster.protocol.run.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code muster master}. */
@Command(
    name = "master",
    description = "Run the master of a job in this process; agents join it.",
    footer = {
      "",
      "Example, two hosts:",
      "  host1$ muster run --listen 10.0.0.1:7400 --agents 0 --workers 4 --run-dir /shared/runs/r1",
      "  host2$ muster agent --join 10.0.0.1:7400 --secret /shared/runs/r1/secret --slots 4",
      "",
      "muster run starts a master by itself; this command is for those who start it by other means."
    })
final class MasterCommand implements Callable<Integer> {
  @Mixin private HelpOption help;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      converter = HostPort.Converter.class,
      description = "Address for agents; port 0 takes any. Default: 127.0.0.1:0.")
  private HostPort listen = new HostPort("127.0.0.1", 0);

  @Option(
      names = "--run-dir",
      required = true,
      paramLabel = "DIR",
      description = "Run folder with job.conf and secret.")
  private Path runDir;

  @Option(
      names = "--attached",
      description = "A line \"stop\" on standard input, or its end, stops the job gracefully; muster run sets it.")
  private boolean attached;

  @Override
  public Integer call() throws Exception {
    var folder = new RunFolder(runDir);
    for (var needed : new Path[] {folder.job(), folder.secret()}) {
      if (!Files.isReadable(needed)) {
        throw UserError.usage("not a run folder: missing or unreadable file=" + needed + "; muster run makes one");
      }
    }
    return RunningServices.master(folder, listen, attached);
  }
}
