package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a run prints into a file. */
@Timeout(120)
class OutputTest {
  @RegisterExtension final MusterRuns muster = new MusterRuns();

  @Test
  void givenNoTerminal_whenTraining_thenPlainLinesComeEveryFewSecondsWithoutControlCharacters() {
    var run = muster.run(SmallModel.flags(2, 1_000_000, "--spares", "0"));
    run.await("two lines of progress", () -> java.util.Optional.of(1).filter(s -> lines(run) >= 2));
    ProcessTable.signal(run.pid(), "INT");
    assertThat(run.awaitExit()).isEqualTo(130);
    assertThat(run.output())
        .startsWith("model    ")
        .contains("\ndata     ", "\nworkers  2", "\ndevices  ", "\nfiles    ");
    assertThat(run.output().chars())
        .as("no escape, no carriage return")
        .noneMatch(c -> c == 27 || c == '\r');
    assertThat(lines(run))
        .as("one line in about 5 s, not one per look")
        .isLessThan(run.progress().step());
  }

  private static long lines(MusterProcess run) {
    return run.output()
        .lines()
        .filter(line -> line.matches("step \\d+/1000000  loss .*/s  generation 1  workers 2/2.*"))
        .count();
  }
}
