package dev.muster.cli.torchrun;

import dev.muster.cli.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How the words after the flags are started: a script or module by Python, as torchrun does;
 * anything else as it stands, as {@code --no-python} does there.
 */
final class Script {
  private final Map<String, String> environment;

  Script(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * Unbuffered, so that the last lines before a crash are there.
   *
   * @param words not empty
   * @throws UserError of usage: no such script, which each rank would look for in vain
   */
  List<String> command(List<String> words, boolean module, boolean noPython) {
    boolean script = !noPython && words.getFirst().endsWith(".py");
    if (!module && !script) {
      return words;
    }
    if (!module && !Files.isReadable(Path.of(words.getFirst()))) {
      throw UserError.usage("no such script: file=" + Path.of(words.getFirst()).toAbsolutePath());
    }
    var command = new ArrayList<String>();
    command.add(python());
    command.add("-u");
    if (module) {
      command.add("-m");
    }
    command.addAll(words);
    return command;
  }

  private String python() {
    return environment.getOrDefault("PYTHON_EXEC", "python3");
  }
}
