package dev.muster.worker.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's end of its {@link Warden}. A warden that ends is started anew with all groups; in
 * between, workers still end themselves by the lease in their control page. Any thread; writes a
 * pipe that is read at once.
 */
public final class WardenLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WardenLink.class);

  private final List<String> command;
  private final Path log;
  private final Map<Long, Long> startOfGroup = new TreeMap<>();
  private Process warden;
  private OutputStream commands;
  private long leaseEndNs; // 0 before the first
  private String starting = "";
  private boolean closed;

  /**
   * Starts a warden with this JVM's own java and class path.
   *
   * @param report file the warden appends to when a lease ran out
   * @param log file of its own output
   */
  public WardenLink(Path report, Path log) throws IOException {
    this(javaCommand(report), log);
  }

  WardenLink(List<String> command, Path log) throws IOException {
    this.command = command;
    this.log = log;
    start();
  }

  private static List<String> javaCommand(Path report) {
    var command = new ArrayList<String>();
    String setsid = ProcessLauncher.findOnPath("setsid");
    if (setsid != null) {
      command.add(setsid); // a signal to the agent's group, such as Ctrl-C, must not reach it
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx16m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED"));
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            Warden.class.getName(),
            report.toString()));
    return command;
  }

  private void start() throws IOException {
    var process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    warden = process;
    commands = process.getOutputStream();
    process.onExit().thenAccept(this::ended);
  }

  private synchronized void ended(Process process) {
    if (closed || process != warden) {
      return;
    }
    try {
      start();
      if (leaseEndNs != 0) {
        write("lease " + Math.max(1, (leaseEndNs - System.nanoTime()) / 1_000_000));
      }
      if (!starting.isEmpty()) {
        write("starting " + starting);
      }
      startOfGroup.forEach((group, ticks) -> write("add " + group + " " + ticks));
    } catch (IOException e) {
      LOG.error(
          "no warden guards the workers any more, only the leases in their control pages do", e);
    }
  }

  /**
   * A process is about to be started with this {@link LaunchMark}, one at a time; {@link #add} or
   * {@link #failed} follows.
   */
  synchronized void starting(String mark) {
    starting = mark;
    write("starting " + mark);
  }

  synchronized void failed() {
    write("failed");
    starting = "";
  }

  public synchronized void add(long group, long startTicks) {
    starting = "";
    startOfGroup.put(group, startTicks);
    write("add " + group + " " + startTicks);
  }

  public synchronized void remove(long group) {
    startOfGroup.remove(group);
    write("remove " + group);
  }

  /**
   * @param leftMs how long the workers may run from now on
   */
  public synchronized void lease(long leftMs) {
    leaseEndNs = System.nanoTime() + leftMs * 1_000_000;
    write("lease " + Math.max(1, leftMs));
  }

  private void write(String line) {
    try {
      commands.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      commands.flush();
    } catch (IOException ended) {
      // its exit notice starts a new one, which is told of all groups
    }
  }

  synchronized long pid() {
    return warden.pid();
  }

  /** Ends the warden, which first kills every group that is left. */
  @Override
  public synchronized void close() {
    closed = true;
    try {
      commands.close();
    } catch (IOException e) {
      warden.destroyForcibly();
    }
  }
}
