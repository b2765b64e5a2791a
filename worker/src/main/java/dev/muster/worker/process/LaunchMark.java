package dev.muster.worker.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A variable in the environment of a process that is started, by which it and its descendants are
 * found before anybody knows their numbers.
 */
final class LaunchMark {
  static final String VARIABLE = "MUSTER_LAUNCH";

  /** A process that was forked, and has not become its program yet, does not bear the mark. */
  private static final long APPEARS_WITHIN_NS = TimeUnit.SECONDS.toNanos(2);

  private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(10);

  private LaunchMark() {}

  /**
   * SIGKILL to all that bear it, until none is left; waits a moment for the first.
   *
   * @return how many were killed
   */
  static int killAll(String mark) {
    int killed = 0;
    long beganNs = System.nanoTime();
    while (true) {
      var bearers = bearers(mark);
      bearers.forEach(process -> Posix.kill(process.pid(), Posix.SIGKILL));
      killed += bearers.size();
      boolean over = System.nanoTime() - beganNs >= APPEARS_WITHIN_NS;
      if (bearers.isEmpty() && (killed > 0 || over)) {
        return killed;
      }
      LockSupport.parkNanos(LOOK_NS);
    }
  }

  private static List<ProcessHandle> bearers(String mark) {
    return ProcessHandle.allProcesses().filter(process -> bears(process.pid(), mark)).toList();
  }

  private static boolean bears(long pid, String mark) {
    try {
      var environment = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "environ"));
      return ('\0' + new String(environment, StandardCharsets.ISO_8859_1))
          .contains('\0' + VARIABLE + '=' + mark + '\0');
    } catch (IOException goneOrSomebodyElses) {
      return false;
    }
  }
}
