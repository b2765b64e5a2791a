package dev.muster.cli.process;

import java.util.Optional;

/**
 * Processes named by a file: a number alone may long be somebody else's, so its start time is
 * compared too.
 */
public final class Pids {
  /**
   * The operating system counts starts in hundredths of a second since boot; a process writes its
   * file some seconds later at most.
   */
  private static final long START_TOLERANCE_MILLIS = 60_000;

  private Pids() {}

  /**
   * @param writtenEpochMillis when the process said it started
   */
  public static boolean lives(long pid, long writtenEpochMillis) {
    return find(pid, writtenEpochMillis).isPresent();
  }

  /** SIGKILL; nothing when it is gone. */
  public static void kill(long pid, long writtenEpochMillis) {
    find(pid, writtenEpochMillis).ifPresent(ProcessHandle::destroyForcibly);
  }

  /** SIGTERM; nothing when it is gone. */
  public static void terminate(long pid, long writtenEpochMillis) {
    find(pid, writtenEpochMillis).ifPresent(ProcessHandle::destroy);
  }

  /** The process that wrote it, while it lives. */
  public static Optional<ProcessHandle> find(long pid, long writtenEpochMillis) {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(process ->
            process
                .info()
                .startInstant()
                .map(start -> start.toEpochMilli() <= writtenEpochMillis + START_TOLERANCE_MILLIS)
                .orElse(true));
  }
}
