package dev.muster.worker.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * A tiny process beside the agent that kills the agent's workers when the agent cannot: when it was
 * killed (end of file on this process's standard input) and when it was stopped or cut off for
 * longer than its lease.
 *
 * <p>Input, one command a line: {@code starting MARK}, {@code failed}, {@code add GROUP START}
 * (ends the start), {@code remove GROUP}, {@code lease MILLISECONDS} (from now on). Of a start that
 * has not ended, every process is killed that bears the mark in its environment. A group is killed
 * as a whole, so grandchildren go too. Its leader's start time is checked first, so that a number
 * that the system has given away again is safe; if the leader is gone, its group, if any is left,
 * is still ours, because Linux does not reuse a number that a group bears.
 *
 * <p>Argument: a file to which one line per lease that ran out is appended.
 */
public final class Warden {
  private static final long NO_LEASE = Long.MAX_VALUE;

  private final Map<Long, Long> startOfGroup = new TreeMap<>();
  private final Path report;
  private String starting = ""; // mark of a process that may or may not be there
  private long deadlineNs = NO_LEASE; // of System.nanoTime, compared by difference
  private long originNs;

  Warden(Path report) {
    this.report = report;
  }

  public static void main(String[] arguments) throws IOException {
    var warden = new Warden(Path.of(arguments[0]));
    var guard = Thread.ofPlatform().daemon().name("lease").start(warden::guard);
    try (var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        warden.obey(line);
        LockSupport.unpark(guard);
      }
    } finally {
      warden.killAll();
    }
  }

  private synchronized void obey(String line) {
    String[] words = line.split(" ");
    switch (words[0]) {
      case "starting" -> starting = words[1];
      case "failed" -> starting = "";
      case "add" -> {
        starting = "";
        startOfGroup.put(Long.parseLong(words[1]), Long.parseLong(words[2]));
      }
      case "remove" -> startOfGroup.remove(Long.parseLong(words[1]));
      case "lease" -> {
        originNs = System.nanoTime();
        deadlineNs = Long.parseLong(words[1]) * 1_000_000;
      }
      default -> System.err.println("warden: unknown command ignored: line=" + line);
    }
  }

  /** Sleeps until the lease runs out; woken by every command. */
  private void guard() {
    while (true) {
      long leftNs = leftNs();
      if (leftNs == NO_LEASE) {
        LockSupport.park(this);
      } else if (leftNs > 0) {
        LockSupport.parkNanos(this, leftNs);
      } else {
        expire();
      }
    }
  }

  private synchronized long leftNs() {
    return deadlineNs == NO_LEASE ? NO_LEASE : deadlineNs - (System.nanoTime() - originNs);
  }

  private synchronized void expire() {
    if (leftNs() > 0) {
      return; // renewed in between
    }
    deadlineNs = NO_LEASE; // the next lease starts it again
    int killed = killAll();
    try {
      Files.writeString(
          report,
          "lease expired: killedGroups="
              + killed
              + " atEpochMillis="
              + System.currentTimeMillis()
              + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      System.err.println("warden: cannot write its report: file=" + report + " cause=" + e);
    }
  }

  private synchronized int killAll() {
    int killed = 0;
    for (var group : startOfGroup.entrySet()) {
      if (ProcessStat.killGroupOf(group.getKey(), group.getValue())) {
        killed++;
      }
    }
    startOfGroup.clear();
    if (!starting.isEmpty()) {
      killed += LaunchMark.killAll(starting);
      starting = "";
    }
    return killed;
  }
}
