package dev.muster.simulator.mutation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each planted bug is found by random drills, and few faults are enough to show it. A slice; {@code
 * -Dmuster.mutations=all} plants all of them, another value those with it in their name.
 */
class MutationTest {
  private static final String WHICH = System.getProperty("muster.mutations", "");
  private static final boolean WHOLE = WHICH.equals("all");
  private static final int SLICE = 6;
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
    return IntStream.range(0, all.size())
        .filter(i -> WHOLE || i % (all.size() / SLICE) == 0)
        .mapToObj(all::get)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("some")
  void givenAPlantedBug_whenRandomDrillsArePlayed_thenItIsFoundAndShrunk(Mutation mutation)
      throws IOException, ReflectiveOperationException {
    try (var mutant = Mutant.of(mutation, folder)) {
      var found = mutant.hunt(SEEDS, FAULTS);
      System.out.println("mutation: " + mutation + ": " + found);
      assertThat(found).as("%d seeds, a plan of at most %d faults", SEEDS, FAULTS).isNotEmpty();
    }
  }

  @Test
  void givenNoBug_whenTheSameDrillsArePlayed_thenNothingIsFound() {
    assertThat(Hunt.hunt(WHOLE ? SEEDS : SEEDS / 4, Integer.MAX_VALUE)).isEmpty();
  }
}
