package dev.muster.cli.local;

import dev.muster.cli.process.ServiceCommands;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.simulator.local.LocalFault;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Does faults to the processes of one run, with signals. One thread. */
final class Striker {
  private final RunFolder folder;
  private final int slots;
  private final Victims victims;
  private final Map<Long, Long> killedAtMillis = new HashMap<>();
  private final List<ProcessHandle> frozen = new ArrayList<>();

  Striker(RunFolder folder, int slots) {
    this.folder = folder;
    this.slots = slots;
    this.victims = new Victims(folder);
  }

  /** When each worker was killed by us, by process id. */
  Map<Long, Long> killedAtMillis() {
    return killedAtMillis;
  }

  /** Who was struck, in words; empty when there was nobody. */
  Optional<String> strike(LocalFault fault) throws IOException, InterruptedException {
    var victim = victim(fault);
    if (victim.isEmpty()) {
      return Optional.empty();
    }
    var process = victim.get();
    switch (fault.verb()) {
      case CRASH, MEMBER_CRASH -> {
        killedAtMillis.put(process.pid(), System.currentTimeMillis());
        process.destroyForcibly();
      }
      case AGENT_KILL, MASTER_KILL -> process.destroyForcibly();
      case HANG -> signal("STOP", process);
      case AGENT_PAUSE, MASTER_PAUSE -> {
        signal("STOP", process);
        frozen.add(process);
      }
    }
    return Optional.of("pid " + process.pid());
  }

  private Optional<ProcessHandle> victim(LocalFault fault) throws IOException {
    return switch (fault.verb()) {
      case CRASH -> victims.worker(fault.agent(), fault.draw());
      case HANG, MEMBER_CRASH -> victims.member(fault.agent(), fault.draw());
      case AGENT_KILL, AGENT_PAUSE -> victims.agent(fault.agent());
      case MASTER_KILL, MASTER_PAUSE -> victims.master();
    };
  }

  /** Another agent of the same name, as an operator would start it by hand. */
  void startAgent(int agent) throws IOException {
    var master = RunFiles.read(folder.master(), MasterFile.class).orElseThrow();
    var node = new NodeId("n" + agent);
    var command = ServiceCommands.own().agent(folder, node, slots, master.host(), master.port());
    new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.agentLog(node).toFile()))
        .start();
  }

  /** Whoever was paused goes on. */
  void thaw() throws IOException, InterruptedException {
    for (var process : frozen) {
      signal("CONT", process);
    }
    frozen.clear();
  }

  private static void signal(String name, ProcessHandle to)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(to.pid())).inheritIO().start().waitFor();
  }
}
