package dev.muster.worker;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where a worker finds its agent and how it shows who it is; see docs/worker-protocol.md.
 *
 * @param socket path of the agent's Unix socket
 * @param worker its id, {@code node/number}
 * @param token hex, given to this one worker by its agent
 */
public record Connection(Path socket, String worker, String token) {

  /**
   * @throws IllegalStateException a variable is missing: the program was not started by an agent
   */
  public static Connection fromEnvironment(Map<String, String> environment) {
    return new Connection(
        Path.of(require(environment, "MUSTER_SOCKET")),
        require(environment, "MUSTER_WORKER"),
        require(environment, "MUSTER_TOKEN"));
  }

  private static String require(Map<String, String> environment, String name) {
    String value = environment.get(name);
    if (value == null || value.isBlank()) {
      throw new IllegalStateException(
          name
              + " is not set: this program is a Muster worker; start it with ./muster run --managed"
              + " -- COMMAND");
    }
    return value;
  }

  /** Without the token, so that it can be logged. */
  @Override
  public String toString() {
    return "Connection[socket=" + socket + ", worker=" + worker + "]";
  }
}
