package dev.muster.worker.runtime;

import dev.muster.worker.Muster;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The main class of the worker processes that tests start. */
public final class ManagedProcess {
  private ManagedProcess() {}

  /**
   * @param arguments empty, or the message of the error that the trainer throws
   */
  public static List<String> command(List<String> arguments) {
    return command(ManagedProcess.class, arguments);
  }

  /** A JVM that starts fast and stays small, on the class path of the tests. */
  public static List<String> command(Class<?> main, List<String> arguments) {
    var command = new ArrayList<String>();
    Collections.addAll(
        command,
        ProcessHandle.current().info().command().orElseThrow(),
        "-XX:+UseSerialGC",
        "-Xmx64m",
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("java.class.path"),
        main.getName());
    command.addAll(arguments);
    return command;
  }

  public static void main(String[] args) {
    if (args.length > 0) {
      Muster.train((settings, seed) -> {
        throw new IllegalStateException(args[0]);
      });
    }
    Muster.train((settings, seed) -> new QuadraticTrainer(seed, (step, loss) -> {}));
  }
}
