package dev.muster.cli;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.link.LinkServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code muster agent}. */
@Command(
    name = "agent",
    description =
        "Run a node agent in this process: it joins a master and runs its workers on this host.",
    footer = {
      "",
      "The master listens on loopback only: from another host, forward its port through SSH.",
      "",
      "Example:",
      "  muster agent --join 127.0.0.1:7400 --secret secret --run r1 --slots 4 --node host2"
    })
final class AgentCommand implements Callable<Integer> {
  @Mixin private HelpOption help;

  @Option(
      names = "--join",
      required = true,
      paramLabel = "HOST:PORT",
      converter = HostPort.Converter.class,
      description = "Address of the master.")
  private HostPort join;

  @Option(
      names = "--secret",
      required = true,
      paramLabel = "FILE",
      description = "The run's secret, mode 0600.")
  private Path secret;

  @Option(
      names = "--slots",
      paramLabel = "N",
      description = "Worker processes at once, spares included. Default: the cores of this host.")
  private int slots = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--node",
      paramLabel = "NAME",
      description = "Name of this host in the run, unique. Default: its host name.")
  private String node;

  @Option(
      names = "--domains",
      split = "/",
      paramLabel = "A/B",
      description =
          "What this host fails together with, outermost first, such as feed-1/rack-3: copies of"
              + " snapshots are kept apart. The same number for every host.")
  private List<String> domains = List.of();

  @Option(
      names = "--host",
      paramLabel = "NAME",
      description =
          "This agent shares memory only with agents that name the same: several hosts on one"
              + " machine, for tests. Default: with all agents of the run on this machine.")
  private String host = "";

  @Option(
      names = "--address",
      paramLabel = "ADDRESS",
      description =
          "Where this host's workers and snapshots are reached from other hosts. Default:"
              + " 127.0.0.1. Without TLS, loopback addresses only.")
  private String address = "127.0.0.1";

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      description = "Where logs go. Default: the folder of the secret.")
  private Path runDir;

  @Option(
      names = "--run",
      paramLabel = "ID",
      description = "Run id, as the master says it. Default: the name of the folder where logs go.")
  private String run;

  @Override
  public Integer call() throws Exception {
    if (!Files.isReadable(secret)) {
      throw UserError.usage(
          "cannot read the secret: file=" + secret + "; it is in the run folder of the master");
    }
    if (slots < 1) {
      throw UserError.usage("bad --slots: expected>=1 actual=" + slots);
    }
    var folder = new RunFolder(runDir == null ? secret.toAbsolutePath().getParent() : runDir);
    return RunningServices.agent(
        id(folder), folder, join, secret, slots, node(), domains, host(), address());
  }

  private InetSocketAddress address() {
    var at = new InetSocketAddress(address, 0);
    try {
      LinkServer.requireLoopback(at);
      return at;
    } catch (IllegalArgumentException refused) {
      throw UserError.usage("bad --address: " + refused.getMessage());
    }
  }

  private String host() {
    if (!host.isEmpty()) {
      try {
        return new NodeId(host).name();
      } catch (IllegalArgumentException bad) {
        throw UserError.usage("bad --host: " + bad.getMessage());
      }
    }
    return host;
  }

  private RunId id(RunFolder folder) {
    try {
      return run == null ? folder.run() : new RunId(run);
    } catch (IllegalArgumentException bad) {
      throw UserError.usage(bad.getMessage() + (run == null ? "; name the run with --run" : ""));
    }
  }

  private NodeId node() throws UnknownHostException {
    var name = node == null ? InetAddress.getLocalHost().getHostName() : node;
    try {
      return new NodeId(name);
    } catch (IllegalArgumentException bad) {
      throw UserError.usage(bad.getMessage());
    }
  }
}
