package dev.muster.cli.process;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Other programs of this machine. */
public final class Programs {
  private static final int TIMEOUT_SECONDS = 20;

  private Programs() {}

  public static boolean onPath(String program) {
    var path = System.getenv().getOrDefault("PATH", "");
    for (var folder : path.split(File.pathSeparator)) {
      var file = Path.of(folder, program);
      if (!folder.isEmpty() && Files.isExecutable(file) && !Files.isDirectory(file)) {
        return true;
      }
    }
    return false;
  }

  /** Whether {@code program} could be started: found on the PATH or, with a slash in it, there. */
  public static boolean executable(String program) {
    return program.contains("/")
        ? Files.isExecutable(Path.of(program)) && !Files.isDirectory(Path.of(program))
        : onPath(program);
  }

  /** What a short program prints, or empty when it fails, hangs or does not exist. */
  public static Optional<String> output(List<String> command) {
    try {
      var file = Files.createTempFile("muster-", ".out");
      try {
        var process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(file.toFile())
                .start();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          return Optional.empty();
        }
        return process.exitValue() == 0
            ? Optional.of(Files.readString(file, StandardCharsets.UTF_8))
            : Optional.empty();
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
