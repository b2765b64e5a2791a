package dev.muster.examples;

import dev.muster.master.Embedded;
import dev.muster.protocol.run.Result;
import java.nio.file.Path;
import java.util.Map;

/**
 * Master, agent and two ranks inside one JVM. Start it with {@code java …
 * dev.muster.examples.InOneJvm FOLDER}.
 */
public final class InOneJvm {
  private InOneJvm() {}

  public static void main(String[] args) throws Exception {
    var result = train(Path.of(args[0]), 40);
    System.out.println(result.state() + " after " + result.steps() + " steps: " + result.reason());
  }

  static Result train(Path folder, int steps) throws Exception {
    var settings =
        Map.of(
            "muster.job.workers", "2",
            "muster.job.steps", Integer.toString(steps),
            "muster.worker.managed", "true");
    try (var run = Embedded.start(folder, settings, (s, seed) -> new LinearRegression())) {
      return run.result().join();
    }
  }
}
