package dev.muster.worker.process;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What /proc says of one process.
 *
 * @param state one letter, see proc(5): R running, S sleeping, T stopped, Z zombie
 * @param startTicks clock ticks since boot at its start; with the pid it names a process for good
 * @param waitStatus how it ends, as waitpid tells it, once all its threads are told to; 0 before,
 *     and from older kernels until its first thread has ended
 */
public record ProcessStat(long pid, char state, long group, long startTicks, int waitStatus) {
  private static final int SIGSTOP = 19;
  private static final int SIGTTOU = 22;
  private static final int STATE = 0;
  private static final int GROUP = 2;
  private static final int START = 19;
  private static final int WAIT_STATUS = 49;

  /** Empty when there is no such process. */
  public static Optional<ProcessStat> of(long pid) {
    try {
      String text = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // the name in parentheses may hold spaces and parentheses itself
      String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
      return Optional.of(
          new ProcessStat(
              pid,
              fields[STATE].charAt(0),
              Long.parseLong(fields[GROUP]),
              Long.parseLong(fields[START]),
              Integer.parseInt(fields[WAIT_STATUS].trim())));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  /**
   * SIGKILL to a group whose leader still is, or was, the process started at {@code startTicks}. A
   * leader that was started a moment ago and has no group of its own yet is killed alone.
   *
   * @return whether there was anything to kill
   */
  public static boolean killGroupOf(long leader, long startTicks) {
    return stillOurs(leader, startTicks)
        && (Posix.killGroup(leader, Posix.SIGKILL)
            || of(leader).isPresent() && Posix.kill(leader, Posix.SIGKILL));
  }

  /** Whether no other process has got the number of a group's leader since. */
  static boolean stillOurs(long leader, long startTicks) {
    return of(leader).map(s -> s.startTicks() == startTicks).orElse(true);
  }

  public boolean stopped() {
    return state == 'T' || state == 't';
  }

  /**
   * The signal that ends the process, though it may not be gone yet; 0: none, or not known. The
   * kernel shows the signal that has stopped a process in the same place.
   */
  int fatalSignal() {
    int signal = waitStatus & 0x7f;
    return stopped() || signal >= SIGSTOP && signal <= SIGTTOU ? 0 : signal;
  }

  public boolean zombie() {
    return state == 'Z' || state == 'X';
  }

  /**
   * How long all threads of a process have waited in the run queue, ns; 0 when it is gone or the
   * kernel does not tell.
   */
  public static long starvedNs(long pid) {
    return threads(pid).mapToLong(ProcessStat::runQueueNs).sum();
  }

  /** All its threads run only where nobody else wants to, as far as it still has some. */
  static void lowerPriority(long pid) {
    threads(pid)
        .map(Path::getFileName)
        .mapToLong(thread -> Long.parseLong(thread.toString()))
        .forEach(Posix::lowerPriority);
  }

  private static Stream<Path> threads(long pid) {
    var found = new ArrayList<Path>();
    try (var tasks = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      tasks.forEach(found::add);
    } catch (IOException | DirectoryIteratorException gone) {
      // those that were found before count
    }
    return found.stream();
  }

  private static long runQueueNs(Path task) {
    try {
      String[] fields = Files.readString(task.resolve("schedstat")).trim().split(" ");
      return Long.parseLong(fields[1]);
    } catch (IOException | RuntimeException threadEnded) {
      return 0;
    }
  }
}
