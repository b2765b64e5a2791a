package dev.muster.worker.process;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One process to start.
 *
 * @param name shown on the console, for example {@code n0/3}
 * @param command program and arguments
 * @param environment added to the launcher's own; an empty value is kept, not removed
 * @param logs folder of its stdout.log and stderr.log; made if missing
 */
public record LaunchSpec(
    String name, List<String> command, Map<String, String> environment, Path logs) {
  public LaunchSpec {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }
}
