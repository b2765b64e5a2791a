package dev.muster.simulator.mutation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each planted bug is found by random drills, and few faults are enough to show it. Some that are
 * found soon, each by another check; {@code -Dmuster.mutations=all} plants all of them, another
 * value those with it in their name, and both shrink the plans as far as they go.
 */
class MutationTest {
  private static final String WHICH = System.getProperty("muster.mutations", "");
  private static final boolean WHOLE = WHICH.equals("all");
  private static final Set<String> SOON =
      Set.of(
          "generations do not grow", // generations-grow
          "a group ends with its first acknowledgement", // committed-steps-kept
          "nobody needs the state", // restored-as-named
          "starting workers are not counted", // launches-needed
          "a newcomer cut short claims the state", // state-is-passed
          "what beats changed is not in the journal", // a replay decided otherwise
          "only the first node hears of a group", // the job ended
          "lost workers are not replaced"); // the healthy core does not go on
  private static final int SEEDS = 200;
  private static final int FAULTS = 5;

  @TempDir private Path folder;

  static List<Mutation> some() {
    var all = Mutations.FOUND;
    if (!WHICH.isEmpty() && !WHOLE) {
      return Stream.concat(all.stream(), Mutations.UNNOTICED.stream())
          .filter(mutation -> mutation.name().contains(WHICH))
          .toList();
    }
    var some = all.stream().filter(m -> WHOLE || SOON.contains(m.name())).toList();
    assertThat(some).hasSizeGreaterThanOrEqualTo(SOON.size());
    return some;
  }

  @ParameterizedTest
  @MethodSource("some")
  void givenAPlantedBug_whenRandomDrillsArePlayed_thenItIsFoundAndShrunk(Mutation mutation)
      throws IOException, ReflectiveOperationException {
    try (var mutant = Mutant.of(mutation, folder)) {
      var found = mutant.hunt(SEEDS, FAULTS, !WHICH.isEmpty());
      System.out.println("mutation: " + mutation + ": " + found);
      assertThat(found).as("%d seeds, a plan of at most %d faults", SEEDS, FAULTS).isNotEmpty();
    }
  }

  @Test
  void givenNoBug_whenTheSameDrillsArePlayed_thenNothingIsFound() {
    assertThat(Hunt.hunt(WHOLE ? SEEDS : SEEDS / 10, Integer.MAX_VALUE, false)).isEmpty();
  }
}
