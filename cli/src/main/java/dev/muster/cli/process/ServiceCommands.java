package dev.muster.cli.process;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.RunFolder;
import java.util.ArrayList;
import java.util.List;

/** How the two services of a run are started; the only place that knows. Tests start stand-ins. */
public interface ServiceCommands {
  /**
   * Contract of the process: writes {@code master.json} once it accepts agents, {@code result.json}
   * at the end of the job and then exits; a line {@code stop} or the end of its standard input is a
   * request to stop gracefully.
   *
   * @param port 0 for any
   */
  List<String> master(RunFolder folder, String host, int port);

  /**
   * Contract of the process: ends by itself once the master says so or its lease is over for good.
   */
  List<String> agent(RunFolder folder, NodeId node, int slots, String host, int port);

  /** The same, but each agent stands for a host of its own. */
  default ServiceCommands apart() {
    var shared = this;
    return new ServiceCommands() {
      @Override
      public List<String> master(RunFolder folder, String host, int port) {
        return shared.master(folder, host, port);
      }

      @Override
      public List<String> agent(RunFolder folder, NodeId node, int slots, String host, int port) {
        var command = new ArrayList<>(shared.agent(folder, node, slots, host, port));
        command.addAll(List.of("--host", node.name()));
        return command;
      }
    };
  }

  /** {@code muster master} and {@code muster agent} of this very program. */
  static ServiceCommands own() {
    return new ServiceCommands() {
      @Override
      public List<String> master(RunFolder folder, String host, int port) {
        return JavaCommand.service(
            "master",
            "--run-dir",
            folder.root().toString(),
            "--listen",
            host + ":" + port,
            "--attached");
      }

      @Override
      public List<String> agent(RunFolder folder, NodeId node, int slots, String host, int port) {
        return JavaCommand.service(
            "agent",
            "--run-dir",
            folder.root().toString(),
            "--join",
            host + ":" + port,
            "--secret",
            folder.secret().toString(),
            "--slots",
            Integer.toString(slots),
            "--node",
            node.name());
      }
    };
  }
}
