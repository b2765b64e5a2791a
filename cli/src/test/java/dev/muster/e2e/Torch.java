package dev.muster.e2e;

import dev.muster.cli.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The PyTorch of this machine, and scripts under its torchrun. */
final class Torch {
  /** Of each run. */
  static final int RANKS = 3;

  private static final Optional<String> PYTHON =
      Stream.of(
              Optional.ofNullable(System.getenv("PYTHON_EXEC")).orElse("python3"),
              "/usr/bin/python3")
          .filter(Programs::executable)
          .filter(python -> Programs.output(List.of(python, "-c", "import torch")).isPresent())
          .findFirst();

  private Torch() {}

  /** A Python that has it; without one the test is skipped and says so. */
  static String python() {
    if (PYTHON.isEmpty()) {
      System.out.println(
          "skipped, there is no PyTorch here: install python3-torch, or set PYTHON_EXEC");
    }
    Assumptions.assumeTrue(PYTHON.isPresent(), "no PyTorch");
    return PYTHON.get();
  }

  /** Of the test resources. */
  static Path script(String name) {
    try {
      return Path.of(Torch.class.getResource("/torchrun/" + name).toURI());
    } catch (java.net.URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * How a script ended.
   *
   * @param logs what each local rank left: file name under the rank to its bytes
   */
  record Ended(int exitCode, TreeMap<String, byte[]> logs) {
    String text(int localRank, String file) {
      return new String(logs.getOrDefault(localRank + "/" + file, new byte[0]));
    }

    /** From the folder that holds {@code ID/attempt_0}. */
    static Ended of(int exitCode, Path folder) throws IOException {
      var logs = new TreeMap<String, byte[]>();
      try (var ids = Files.list(folder)) {
        var attempt = ids.findFirst().orElseThrow().resolve("attempt_0");
        try (var files = Files.walk(attempt, java.nio.file.FileVisitOption.FOLLOW_LINKS)) {
          for (var file : files.filter(Files::isRegularFile).toList()) {
            logs.put(attempt.relativize(file).toString(), Files.readAllBytes(file));
          }
        }
      }
      return new Ended(exitCode, logs);
    }
  }

  /**
   * All output goes to files: of 1.13 under Python 3.11 neither {@code -r 3} nor the default of
   * these flags can be read, {@code -r 1 -t 2} can.
   */
  static Ended run(Path directory, int port, List<String> words) throws Exception {
    var logs = Files.createDirectories(directory.resolve("torchrun-logs"));
    var command =
        new ArrayList<>(
            List.of(python(), "-m", "torch.distributed.run", "--nproc_per_node", "" + RANKS));
    command.addAll(
        List.of("-r", "1", "-t", "2", "--log_dir", logs.toString(), "--master_port", "" + port));
    command.addAll(words);
    var process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("torchrun.log").toFile())
            .start();
    return Ended.of(process.waitFor(), logs);
  }
}
