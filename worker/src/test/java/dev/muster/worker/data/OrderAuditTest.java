package dev.muster.worker.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.worker.data.OrderAudit.Formed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three steps of two ranks, a fourth of which one rank died, then three ranks to step 6. */
class OrderAuditTest {
  private static final Sampler SAMPLER = new Sampler(3, 50, 10);
  private static final List<Formed> GROUPS = List.of(new Formed(1, 2, 0), new Formed(2, 3, 3));
  private static final long STEPS = 6;

  @TempDir Path folder;
  private SampleLog log;

  @BeforeEach
  void writesARun() {
    log = SampleLog.open(folder.resolve("n0-1.log"));
    log.dataset(50, 10);
    for (long step = 1; step <= 3; step++) {
      deliver(1, step, 0, 2);
      deliver(1, step, 1, 2);
    }
    deliver(1, 4, 1, 2);
    for (long step = 4; step <= 5; step++) {
      deliverAll(step);
    }
  }

  private void deliver(long generation, long step, int rank, int world) {
    log.delivered(generation, step, SAMPLER.batch(step).epoch(), SAMPLER.share(step, rank, world));
  }

  private void deliverAll(long step) {
    for (int rank = 0; rank < 3; rank++) {
      deliver(2, step, rank, 3);
    }
  }

  private List<String> findings(Sampler sampler, List<Formed> groups) throws IOException {
    return OrderAudit.findings(List.of(folder.resolve("n0-1.log")), sampler, groups, STEPS);
  }

  @Test
  void givenARunAsItsSeedAndGroupsSay_whenCompared_thenNothingIsFound() throws IOException {
    deliverAll(6);
    assertThat(findings(SAMPLER, GROUPS)).isEmpty();
  }

  @Test
  void givenAStepWithoutAShare_whenCompared_thenItIsNamed() throws IOException {
    deliver(2, 6, 0, 3);
    deliver(2, 6, 2, 3);
    assertThat(findings(SAMPLER, GROUPS))
        .singleElement()
        .asString()
        .contains("shares not delivered: step=6", "missing=1");
  }

  @Test
  void givenAStepOfWhichNothingIsThere_whenCompared_thenItIsNamed() throws IOException {
    assertThat(findings(SAMPLER, GROUPS))
        .singleElement()
        .asString()
        .contains("nothing was delivered: step=6");
  }

  @Test
  void givenAShareTwice_whenCompared_thenTheSecondIsNamed() throws IOException {
    deliverAll(6);
    deliver(2, 6, 1, 3);
    assertThat(findings(SAMPLER, GROUPS))
        .singleElement()
        .asString()
        .contains("no share of any rank: step=6");
  }

  @Test
  void givenAnotherSeedOrAnotherWorldOrAGroupThatNeverWas_whenCompared_thenItIsFound()
      throws IOException {
    deliverAll(6);
    assertThat(findings(new Sampler(4, 50, 10), GROUPS)).isNotEmpty();
    assertThat(findings(SAMPLER, List.of(new Formed(1, 2, 0), new Formed(2, 4, 3)))).isNotEmpty();
    assertThat(findings(SAMPLER, List.of(new Formed(1, 2, 0)))).isNotEmpty();
    assertThat(findings(SAMPLER, List.of(new Formed(2, 3, 3)))).isNotEmpty();
  }
}
