package dev.muster.e2e;

import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The runs of one test in a temporary folder: {@code @RegisterExtension final MusterRuns muster =
 * new MusterRuns();}. After a failed test it prints what they left behind; it always ends their
 * processes. The journal of every run that has ended must lead to the same decisions again.
 */
final class MusterRuns implements AfterEachCallback {
  private final List<MusterProcess> runs = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private Path directory;

  /** Of the commands that are started from now on. */
  void environment(String name, String value) {
    environment.put(name, value);
  }

  /** Starts {@code muster run} with a run folder of its own; the flags come after it. */
  MusterProcess run(String... flags) {
    var folder =
        new RunFolder(
            directory()
                .resolve("runs")
                .resolve("e2e-" + ProcessHandle.current().pid() + "-" + System.nanoTime()));
    var arguments = new ArrayList<>(List.of("run", "--run-dir", folder.root().toString()));
    arguments.addAll(List.of(flags));
    return start(folder, arguments);
  }

  /** Starts any {@code muster} command in the folder of these runs, about a run that exists. */
  MusterProcess command(RunFolder folder, String... arguments) {
    return start(folder, List.of(arguments));
  }

  private MusterProcess start(RunFolder folder, List<String> arguments) {
    try {
      var run =
          new MusterProcess(
              directory(),
              folder,
              directory().resolve("command-" + runs.size() + ".log"),
              environment,
              arguments);
      runs.add(run);
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The working directory of the commands. */
  Path directory() {
    try {
      directory = directory == null ? Files.createTempDirectory("muster-e2e-") : directory;
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void afterEach(ExtensionContext test) {
    test.getExecutionException()
        .ifPresent(failure -> runs.forEach(run -> System.err.println(run.story())));
    var orphans = test.getExecutionException().isEmpty() ? orphans() : "";
    var differences = test.getExecutionException().isEmpty() ? differences() : "";
    runs.forEach(MusterProcess::close);
    if (directory != null) {
      Folders.delete(directory);
    }
    if (!orphans.isEmpty()) {
      throw new AssertionError("processes outlived their run: " + orphans);
    }
    if (!differences.isEmpty()) {
      throw new AssertionError("a replay decided otherwise: " + differences);
    }
  }

  /** Of runs that have ended: nothing that names them in its command line or environment. */
  private String orphans() {
    return ended()
        .filter(run -> !Await.that(Duration.ofSeconds(10), () -> run.processes().isEmpty()))
        .map(MusterProcess::story)
        .collect(Collectors.joining("\n"));
  }

  private Stream<MusterProcess> ended() {
    return runs.stream().filter(run -> !run.alive() && Files.exists(run.folder().result()));
  }

  private String differences() {
    return ended()
        .map(MusterProcess::folder)
        .distinct()
        .map(Replays::difference)
        .filter(difference -> !difference.isEmpty())
        .collect(Collectors.joining("\n"));
  }
}
