package dev.muster.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The processes of this machine, as /proc shows them. */
final class ProcessTable {
  private ProcessTable() {}

  /**
   * Living processes that name {@code text} in their command line or environment: all that belongs
   * to one run.
   */
  static List<ProcessHandle> naming(String text) {
    long self = ProcessHandle.current().pid();
    return ProcessHandle.allProcesses()
        .filter(process -> process.pid() != self)
        .filter(process -> contains(process, "cmdline", text) || contains(process, "environ", text))
        .filter(ProcessTable::runs)
        .toList();
  }

  private static boolean contains(ProcessHandle process, String file, String text) {
    try {
      var bytes = Files.readAllBytes(Path.of("/proc", "" + process.pid(), file));
      return new String(bytes, StandardCharsets.ISO_8859_1).contains(text);
    } catch (IOException goneOrSomebodyElses) {
      return false;
    }
  }

  /** Alive and no zombie. */
  static boolean runs(ProcessHandle process) {
    return process.isAlive() && runs(process.pid());
  }

  /** There is such a process and it is no zombie. */
  static boolean runs(long pid) {
    try {
      var stat = Files.readString(Path.of("/proc", "" + pid, "stat"), StandardCharsets.ISO_8859_1);
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException gone) {
      return false;
    }
  }

  /** SIGKILL at once, without a process of its own; false when it was gone already. */
  static boolean kill(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly).orElse(false);
  }

  /**
   * @param signal name without SIG, for example STOP
   */
  static void signal(long pid, String signal) {
    try {
      var kill = new ProcessBuilder("kill", "-" + signal, "" + pid).inheritIO().start();
      if (kill.waitFor() != 0) {
        throw new AssertionError("cannot signal: pid=" + pid + " signal=" + signal);
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError("cannot signal: pid=" + pid + " signal=" + signal, e);
    }
  }
}
