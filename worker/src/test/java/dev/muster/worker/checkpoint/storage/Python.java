package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads safetensors files with Python: a reader that shares nothing with ours. Uses {@code
 * MUSTER_PYTHON} or {@code python3}; the safetensors library as well where that has it.
 */
final class Python {
  private static final String PYTHON = System.getenv().getOrDefault("MUSTER_PYTHON", "python3");

  private Python() {}

  /** One line per tensor: name, dtype, shape, bytes in hex. Skips the test without Python. */
  static List<String> read(Path file, Path scratch) throws Exception {
    var script = scratch.resolve("read_safetensors.py");
    try (InputStream in = Python.class.getResourceAsStream("read_safetensors.py")) {
      Files.write(script, in.readAllBytes());
    }
    var lines = run(script.toString(), file.toString());
    System.out.println("read by " + PYTHON + ", " + lines.getLast());
    return lines.subList(0, lines.size() - 1);
  }

  private static List<String> run(String... arguments) throws Exception {
    assumeTrue(works(), "no Python here to read safetensors files with: command=" + PYTHON);
    var command = new ArrayList<>(List.of(PYTHON));
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output.lines().toList();
  }

  private static boolean works() throws InterruptedException {
    try {
      var version = new ProcessBuilder(PYTHON, "--version").redirectErrorStream(true).start();
      version.getInputStream().readAllBytes();
      return version.waitFor() == 0;
    } catch (IOException notThere) {
      return false;
    }
  }
}
