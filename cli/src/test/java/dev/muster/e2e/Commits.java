package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** What the sample logs of a run witness of commits, whoever still writes them. */
final class Commits {
  private Commits() {}

  /** Lines {@code C generation step …} of all workers of a node, in order. */
  static List<String> of(MusterProcess run, String node) {
    var commits = new ArrayList<String>();
    try (var logs = Files.list(run.folder().samples())) {
      for (var log : logs.sorted().toList()) {
        if (log.getFileName().toString().startsWith(node)) {
          Files.readAllLines(log).stream()
              .filter(line -> line.startsWith("C "))
              .forEach(commits::add);
        }
      }
      return commits;
    } catch (IOException e) {
      throw new AssertionError("cannot read the sample logs", e);
    }
  }

  /**
   * The step at which a generation starts is the last one that any rank committed in those before
   * it.
   */
  static void assertNoneInARevokedGeneration(MusterProcess run) {
    var starts = new TreeMap<Long, Long>();
    for (var formed : run.events("generation.formed")) {
      starts.put(
          number(formed.fields().get("generation")), number(formed.fields().get("startStep")));
    }
    for (var commit : of(run, "")) {
      var words = commit.split(" ");
      var next = starts.higherEntry(Long.valueOf(words[1]));
      if (next != null) {
        assertThat(Long.parseLong(words[2]))
            .as("%s, and generation %s", commit, next)
            .isLessThanOrEqualTo(next.getValue());
      }
    }
  }

  private static long number(Object value) {
    return ((Number) value).longValue();
  }
}
