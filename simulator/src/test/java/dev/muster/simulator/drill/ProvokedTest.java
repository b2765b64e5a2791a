package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.core.Observation;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProvokedTest {
  private static final int DO_NOT_REQUEUE = 93;

  private final Provoked provoked = new Provoked();

  private void hangs(int node) {
    provoked.hung(0, node, 1, true);
  }

  private void charged(String worker, String kind, long step) {
    Map<String, Object> fields = Map.of("worker", worker, "kind", kind, "step", step);
    provoked.noted(0, new Observation("failure.charged", "", fields));
  }

  private boolean ends(int exitCode) {
    var result =
        new Result(RunState.FAILED, exitCode, "", 0, 1, 0, "", List.of(), null, null, List.of());
    provoked.finished(0, result);
    return provoked.provoked();
  }

  @Test
  void givenEachProcessHungByAFault_whenTheStepCountsAsPoisoned_thenItIsProvoked() {
    hangs(1);
    hangs(2);
    hangs(2);
    charged("n1/0", "HANG", 7);
    charged("n2/0", "HANG", 7);
    charged("n2/1", "HANG", 7);
    assertThat(ends(DO_NOT_REQUEUE)).isTrue();
  }

  @Test
  void givenOneProcessChargedTwice_whenTheStepCountsAsPoisoned_thenItIsNot() {
    hangs(1);
    hangs(1);
    charged("n1/0", "HANG", 7);
    charged("n1/0", "HANG", 7);
    assertThat(ends(DO_NOT_REQUEUE)).isFalse();
  }

  @Test
  void givenAProcessThatNoFaultHung_whenTheStepCountsAsPoisoned_thenItIsNot() {
    hangs(1);
    charged("n1/0", "HANG", 7);
    charged("n2/0", "HANG", 7);
    assertThat(ends(DO_NOT_REQUEUE)).isFalse();
  }

  @Test
  void givenAFalseVerdictAtAnEarlierStep_whenALaterStepCountsAsPoisoned_thenItIsProvoked() {
    charged("n2/0", "HANG", 6);
    hangs(1);
    charged("n1/0", "HANG", 7);
    assertThat(ends(DO_NOT_REQUEUE)).isTrue();
  }

  @Test
  void givenAnotherReason_whenTheJobEnds_thenItIsNot() {
    hangs(1);
    charged("n1/0", "HANG", 7);
    assertThat(ends(75)).as("given back").isFalse();
    charged("n2/0", "USER_ERROR", 7);
    assertThat(ends(DO_NOT_REQUEUE)).as("the user's error").isFalse();
  }
}
