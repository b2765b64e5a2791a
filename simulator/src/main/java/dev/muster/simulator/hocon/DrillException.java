package dev.muster.simulator.hocon;

import dev.muster.protocol.job.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** A drill that cannot be used; the message is for whoever wrote it. */
public final class DrillException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DrillException(String message) {
    super(message);
  }

  /** All that is wrong, one line each. */
  public DrillException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
  }
}
