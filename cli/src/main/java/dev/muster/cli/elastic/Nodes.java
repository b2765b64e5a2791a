package dev.muster.cli.elastic;

import dev.muster.cli.process.ServiceCommands;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFolder;
import java.io.File;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * The agents of one run, started as a person would, each as if on a host of its own. One thread.
 */
final class Nodes implements AutoCloseable {
  private final RunFolder folder;
  private final Map<String, Process> agents = new HashMap<>();

  Nodes(RunFolder folder) {
    this.folder = folder;
  }

  void start(String name, int slots, MasterFile master) throws IOException {
    var node = new NodeId(name);
    var command = ServiceCommands.own().agent(folder, node, slots, master.host(), master.port());
    agents.put(
        name,
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.agentLog(node).toFile()))
            .start());
  }

  boolean runs(String name) {
    return agents.containsKey(name);
  }

  /** SIGKILL to the agent and to everything that it started, as when a host is lost. */
  void kill(String name) {
    var agent = agents.remove(name);
    var started = agent.descendants().toList(); // asked before their parent is gone
    agent.destroyForcibly();
    started.forEach(ProcessHandle::destroyForcibly);
  }

  /** Whoever is left: after a run that ended well, nobody. */
  @Override
  public void close() {
    for (var name : agents.keySet().toArray(String[]::new)) {
      kill(name);
    }
  }
}
