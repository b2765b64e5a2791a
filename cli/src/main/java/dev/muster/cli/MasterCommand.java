package dev.muster.cli;

import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster master}. */
@Command(
    name = "master",
    description = {
      "Run the master of a job in this process; agents join it.",
      "A new run folder takes the job from the flags, an existing one goes on where its journal"
          + " ends."
    },
    footer = {
      "",
      "Example, two terminals:",
      "  muster master --listen 127.0.0.1:7400 --run-dir runs/r1 --workers 4",
      "  muster agent --join 127.0.0.1:7400 --secret runs/r1/secret --slots 5",
      "",
      "Another host reaches the port through an SSH tunnel until the link has TLS; its agent gets a"
          + " copy of the secret",
      "and the run's name: --secret FILE --run r1. Programs lie at the same paths on all hosts.",
      "muster run starts a master and agents by itself."
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
      description = "The run folder: a new one, or that of a run whose master was lost.")
  private Path runDir;

  @Mixin private JobFlags flags = new JobFlags();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A job in HOCON; flags win over it.")
  private Path config;

  @Option(
      names = "--attached",
      description =
          "A line \"stop\" on standard input, or its end, stops the job gracefully; muster run sets"
              + " it.")
  private boolean attached;

  @Parameters(
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "Program and arguments of one rank.")
  private List<String> command = List.of();

  @Override
  public Integer call() throws Exception {
    var overrides = flags.overrides(command);
    var folder = Files.exists(runDir) ? former(overrides) : fresh(overrides);
    return RunningServices.master(folder, listen, attached);
  }

  private RunFolder fresh(Map<String, String> overrides) throws IOException {
    var job = JobFile.of(config, overrides);
    Preflight.check(runDir, listen, job, flags.data());
    return NewRun.create(runDir, job);
  }

  private RunFolder former(Map<String, String> overrides) throws IOException {
    var folder = new RunFolder(runDir);
    for (var needed : new Path[] {folder.job(), folder.secret()}) {
      if (!Files.isReadable(needed)) {
        throw UserError.usage(
            "not a run folder: missing or unreadable file=" + needed + "; muster run makes one");
      }
    }
    if (config != null || !overrides.isEmpty()) {
      throw UserError.usage(
          "the run folder has its job: file="
              + folder.job()
              + "; leave the flags of the job away, or name a new folder");
    }
    if (Files.exists(folder.result())) {
      throw UserError.usage("the run has ended: folder=" + folder.root() + "; name a new folder");
    }
    Preflight.noLivingMaster(folder);
    return folder;
  }
}
