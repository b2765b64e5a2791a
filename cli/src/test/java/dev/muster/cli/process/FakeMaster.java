package dev.muster.cli.process;

import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.EventLog;
import dev.muster.protocol.run.FirstCause;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.run.RunState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A process that keeps the contract of a master without being one. Arguments: run folder, what to
 * do.
 */
public final class FakeMaster {
  private FakeMaster() {}

  public static void main(String[] arguments) throws Exception {
    var folder = new RunFolder(Path.of(arguments[0]));
    if (arguments[1].equals("refuse")) {
      System.out.println("port in use");
      System.exit(1);
    }
    RunFiles.write(
        folder.master(),
        new MasterFile(
            ProcessHandle.current().pid(), "127.0.0.1", 4000, 1, System.currentTimeMillis()));
    RunFiles.write(folder.progress(), progress());
    try (var events = EventLog.open(folder.events())) {
      events.append(new Event(0, "worker.lost", "rank 2 (n0/2) lost: SIGKILL", Map.of("rank", 2)));
      events.append(new Event(0, "generation.formed", "", Map.of("members", List.of("n0/0"))));
      events.append(new Event(0, "job.detail", "not for people", Map.of()));
    }
    var worker = Files.createDirectory(folder.root().resolve("logs/n0-0"));
    Files.writeString(worker.resolve("stdout.log"), "hello from a worker\n");
    run(folder, arguments[1]);
  }

  private static void run(RunFolder folder, String what) throws Exception {
    switch (what) {
      case "succeed" -> write(folder, RunState.SUCCEEDED, 0, null);
      case "fail" ->
          write(folder, RunState.FAILED, 1, new FirstCause("n0/1", 1, 7, "boom", "at trainer"));
      case "die" -> Runtime.getRuntime().halt(137);
      case "obey" -> {
        var line = new String(System.in.readNBytes(4));
        write(folder, RunState.CANCELLED, line.equals("stop") ? 0 : 9, null);
      }
      case "ignore" -> Thread.sleep(Long.MAX_VALUE);
      default -> throw new IllegalArgumentException(what);
    }
  }

  private static Progress progress() {
    return new Progress(
        RunState.RUNNING,
        "",
        1,
        7,
        10,
        2.5,
        100,
        "tokens",
        1,
        1,
        0,
        0,
        0,
        List.of(new Progress.Rank(0, "n0/0", "n0", 1, 7)));
  }

  private static void write(RunFolder folder, RunState state, int exitCode, FirstCause cause)
      throws Exception {
    RunFiles.write(
        folder.result(),
        new Result(state, exitCode, "because", 10, 1, 1.5, "", List.of(), null, cause, List.of()));
  }
}
