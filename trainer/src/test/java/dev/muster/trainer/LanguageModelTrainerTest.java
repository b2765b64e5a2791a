package dev.muster.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.collectives.Communicator;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the runtime relies on, for both shipped models. */
class LanguageModelTrainerTest {
  private static final int STEPS = 8;

  @TempDir Path folder;
  private int groups;

  private Path fresh() throws IOException {
    return Files.createDirectory(folder.resolve("group-" + groups++));
  }

  static Map<String, String> tiny(String model) {
    Map<String, String> settings =
        new TreeMap<>(Map.of("model", model, "batch", "6", "context", "16", "warmup-steps", "2"));
    settings.putAll(
        model.equals("gpt")
            ? Map.of("layers", "2", "heads", "2", "width", "32")
            : Map.of("hidden", "24", "embedding", "8", "order", "3"));
    return settings;
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt", "mlp"})
  void givenTheSameSeed_whenTrainedTwice_thenLossAndStateHaveTheSameBits(String model)
      throws Exception {
    Training.Outcome first = Training.run(fresh(), tiny(model), 1, STEPS).getFirst();
    Training.Outcome second = Training.run(fresh(), tiny(model), 1, STEPS).getFirst();
    assertThat(second.losses()).isEqualTo(first.losses());
    assertThat(second.state()).isEqualTo(first.state());
  }

  @ParameterizedTest
  @CsvSource({
    "gpt,2", "gpt,4", "mlp,2", "mlp,4", "mlp,8"
  }) // 8 ranks for 6 samples: two have an empty share
  void givenAnotherWorldSize_whenTrained_thenTheLossIsTheSameWithinTheTolerance(
      String model, int worldSize) throws Exception {
    List<Double> alone = Training.run(fresh(), tiny(model), 1, STEPS).getFirst().losses();
    List<Training.Outcome> together = Training.run(fresh(), tiny(model), worldSize, STEPS);
    for (int step = 0; step < STEPS; step++) {
      assertThat(together.getFirst().losses().get(step))
          .isCloseTo(alone.get(step), within(1e-5 * alone.get(step)));
    }
    for (Training.Outcome rank : together) {
      assertThat(rank.losses()).isEqualTo(together.getFirst().losses());
      assertThat(rank.state()).isEqualTo(together.getFirst().state());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt", "mlp"})
  void givenTheStateOfAPeer_whenANewcomerContinues_thenItHasTheBitsOfTheUndisturbedRun(String model)
      throws Exception {
    byte[] undisturbed = Training.run(fresh(), tiny(model), 1, STEPS).getFirst().state();
    int taken = STEPS / 2;
    try (Trainer survivor = ReferenceTrainers.create(tiny(model), 42);
        Trainer newcomer = ReferenceTrainers.create(tiny(model), 7);
        Communicator before = Training.join(fresh(), tiny(model), 1, 0);
        Communicator after = Training.join(fresh(), tiny(model), 1, 0)) {
      survivor.joined(before);
      for (long step = 1; step <= taken; step++) {
        Training.step(survivor, before, step);
      }
      copy(survivor.state(), newcomer.state());
      newcomer.joined(after);
      for (long step = taken + 1; step <= STEPS; step++) {
        Training.step(newcomer, after, step);
      }
      assertThat(Training.bytes(newcomer)).isEqualTo(undisturbed);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt", "mlp"})
  void givenAStepInFlight_whenTheGroupIsRebuiltAndTheStepRedone_thenItHasTheBitsOfTheUndisturbedRun(
      String model) throws Exception {
    byte[] undisturbed = Training.run(fresh(), tiny(model), 1, STEPS).getFirst().state();
    try (Trainer trainer = ReferenceTrainers.create(tiny(model), 42)) {
      for (long step = 1; step <= STEPS; step++) {
        try (Communicator revoked = Training.join(fresh(), tiny(model), 1, 0)) {
          trainer.joined(revoked);
          trainer.compute(
              new dev.muster.worker.Step(step, 0, new long[] {1, 2, 3}, 3, 42, revoked));
        }
        try (Communicator next = Training.join(fresh(), tiny(model), 1, 0)) {
          trainer.joined(next);
          Training.step(trainer, next, step);
        }
      }
      assertThat(Training.bytes(trainer)).isEqualTo(undisturbed);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt", "mlp"})
  void givenOneBatchAgainAndAgain_whenTrained_thenItIsLearntByHeart(String model) throws Exception {
    Map<String, String> settings = tiny(model);
    settings.putAll(Map.of("learning-rate", "0.01", "decay-steps", "200"));
    try (Trainer trainer = ReferenceTrainers.create(settings, 42);
        Communicator communicator = Training.join(fresh(), settings, 1, 0)) {
      trainer.joined(communicator);
      double loss = Double.NaN;
      for (long number = 1; number <= 150; number++) {
        var step = new dev.muster.worker.Step(number, 0, new long[] {3, 5}, 2, 42, communicator);
        loss = trainer.compute(step);
        trainer.apply(step);
      }
      assertThat(loss).isLessThan(0.5); // ln 256 = 5.5 at the start
    }
  }

  private static void copy(List<NamedTensor> from, List<NamedTensor> to) {
    for (int i = 0; i < from.size(); i++) {
      assertThat(to.get(i).name()).isEqualTo(from.get(i).name());
      to.get(i).memory().copyFrom(from.get(i).memory());
    }
  }
}
