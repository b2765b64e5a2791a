package dev.muster.cli.bench;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The rank processes of one side of a comparison. They sleep in a read while other sides are
 * measured. One thread.
 */
final class RankTeam implements AutoCloseable {
  private final Path errors;
  private final List<Process> processes = new ArrayList<>();
  private final List<OutputStream> commands = new ArrayList<>();
  private final List<BufferedReader> answers = new ArrayList<>();

  /**
   * @param seconds of the slowest rank
   * @param cpuSeconds of all ranks, user and kernel
   */
  record Answer(double seconds, double cpuSeconds) {}

  /** A side cannot do what it was told, and says why; its ranks are still there. */
  static final class Unsupported extends IOException {
    Unsupported(String message) {
      super(message);
    }
  }

  /**
   * @param errors where its processes' complaints go; they are shown when one of them ends
   */
  RankTeam(Path errors) {
    this.errors = errors;
  }

  /** A rank that reads its commands from its standard input. */
  void add(ProcessBuilder rank) throws IOException {
    var process = start(rank);
    commands.add(process.getOutputStream());
    answers.add(process.inputReader());
  }

  /** Many ranks under one launcher, which merges what they print; each reads a file of its own. */
  void addAll(ProcessBuilder launcher, List<? extends OutputStream> commandFiles)
      throws IOException {
    var merged = start(launcher).inputReader();
    commands.addAll(commandFiles);
    commandFiles.forEach(file -> answers.add(merged));
  }

  private Process start(ProcessBuilder builder) throws IOException {
    var process = builder.redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile())).start();
    processes.add(process);
    return process;
  }

  Answer ask(String verb, String kind, long bytes, int calls) throws IOException {
    var line = String.join(" ", verb, kind, Long.toString(bytes), Integer.toString(calls)) + "\n";
    for (var command : commands) {
      command.write(line.getBytes(StandardCharsets.UTF_8));
      command.flush();
    }
    double seconds = 0;
    double cpuSeconds = 0;
    String refusal = null;
    for (var answer : answers) {
      var words = words(answer, line);
      if (!words[0].equals("ok")) {
        refusal = String.join(" ", words);
        continue;
      }
      seconds = Math.max(seconds, Double.parseDouble(words[1]) / 1e9);
      cpuSeconds += Double.parseDouble(words[2]) / 1e9;
    }
    if (refusal != null) {
      throw new Unsupported(refusal);
    }
    return new Answer(seconds, cpuSeconds);
  }

  private String[] words(BufferedReader answer, String command) throws IOException {
    var line = answer.readLine();
    if (line == null) {
      throw new IOException(
          "a rank ended at: " + command.strip() + "; it said: " + Files.readString(errors));
    }
    return line.split(" ");
  }

  @Override
  public void close() {
    commands.forEach(RankTeam::closeQuietly);
    for (var process : processes) {
      try {
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
          process.destroy();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void closeQuietly(Closeable file) {
    try {
      file.close();
    } catch (IOException e) {
      // its reader has ended already
    }
  }
}
