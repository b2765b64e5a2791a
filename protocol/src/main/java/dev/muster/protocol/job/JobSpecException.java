package dev.muster.protocol.job;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The configuration is wrong; the message lists every error, one a line. Definite: nothing was
 * started.
 */
public final class JobSpecException extends Exception {
  private final transient List<Problem> problems;

  JobSpecException(List<Problem> problems) {
    super(message(problems));
    this.problems = List.copyOf(problems);
  }

  private static String message(List<Problem> problems) {
    var head =
        problems.size() == 1
            ? "1 error in the configuration"
            : problems.size() + " errors in the configuration";
    return problems.stream().map(p -> "\n  " + p).collect(Collectors.joining("", head, ""));
  }

  /** In the order found: unreadable files, unknown keys, bad values, contradictions. */
  public List<Problem> problems() {
    return problems;
  }
}
