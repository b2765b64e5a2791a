package dev.muster.cli.process;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One process started here: a session of its own, so that a Ctrl-C at the terminal reaches this
 * command alone. Its output goes to its log. Any thread may use it.
 */
final class Service {
  private final Process process;
  private final Path log;

  private Service(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * @param commandable keeps a pipe to its standard input; otherwise that is empty
   */
  static Service start(List<String> command, Path log, boolean commandable) throws IOException {
    var builder = new ProcessBuilder(ownSession(command));
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    if (!commandable) {
      builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    }
    return new Service(builder.start(), log);
  }

  /** setsid replaces itself by the command, so the process id is the command's own. */
  private static List<String> ownSession(List<String> command) {
    if (!Programs.onPath("setsid")) {
      return command;
    }
    var wrapped = new ArrayList<String>(command.size() + 1);
    wrapped.add("setsid");
    wrapped.addAll(command);
    return wrapped;
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Of a process that has ended. */
  int exitValue() {
    return process.exitValue();
  }

  /** Sends a line; a process that is already gone does not mind. */
  void tell(String line) {
    try {
      OutputStream in = process.getOutputStream();
      in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      in.flush();
    } catch (IOException gone) {
      // its exit is noticed elsewhere
    }
  }

  void kill() {
    process.destroyForcibly();
  }

  /**
   * @return whether it ended in time
   */
  boolean await(long timeoutNs) throws InterruptedException {
    return process.waitFor(timeoutNs, TimeUnit.NANOSECONDS);
  }

  /** The last lines of its log, for a message about its death. */
  String logTail(int lines) {
    try {
      var all = Files.readAllLines(log);
      return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException unreadable) {
      return "";
    }
  }
}
