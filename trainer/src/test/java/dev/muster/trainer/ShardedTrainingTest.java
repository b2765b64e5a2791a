package dev.muster.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.local.LocalGroups;
import dev.muster.trainer.Training.Outcome;
import dev.muster.trainer.Training.Saved;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With zero=1: the optimizer's state is dealt to the ranks, and training is the same. */
class ShardedTrainingTest {
  private static final int STEPS = 8;
  private static final long SEED = 42;

  @TempDir Path folder;
  private int groups;

  private static Map<String, String> sharded(Map<String, String> settings) {
    Map<String, String> sharded = new TreeMap<>(settings);
    sharded.put("zero", "1");
    return sharded;
  }

  private List<Outcome> train(Map<String, String> settings, int worldSize, int steps)
      throws Exception {
    return Training.run(
        Files.createDirectory(folder.resolve("group-" + groups++)), settings, worldSize, steps);
  }

  @ParameterizedTest
  @CsvSource({"mlp,1", "mlp,2", "mlp,3", "mlp,4", "mlp,8", "gpt,1", "gpt,2", "gpt,3", "gpt,4"})
  void givenShards_whenTrained_thenLossesAndStateHaveTheBitsOfTheUnshardedRun(
      String model, int worldSize) throws Exception {
    Map<String, String> settings = LanguageModelTrainerTest.tiny(model);
    compare(train(settings, worldSize, STEPS), train(sharded(settings), worldSize, STEPS));
  }

  @Test
  void givenMoreThanOneBucketWithoutShards_whenTrained_thenTheBitsAreTheSame() throws Exception {
    Map<String, String> wide = Map.of("model", "mlp", "hidden", "1024", "batch", "2");
    compare(train(wide, 3, 2), train(sharded(wide), 3, 2));
  }

  private static void compare(List<Outcome> whole, List<Outcome> parts) {
    for (Outcome rank : parts) {
      assertThat(rank.losses()).isEqualTo(whole.getFirst().losses());
    }
    Map<String, String> expected = new TreeMap<>();
    for (Saved tensor : whole.getFirst().tensors()) {
      expected.put(tensor.name(), HexFormat.of().formatHex(tensor.bytes()));
    }
    assertThat(assembled(parts)).isEqualTo(expected);
  }

  /** Name to bytes; what several ranks hold has to be the same on all of them. */
  private static Map<String, String> assembled(List<Outcome> ranks) {
    Map<String, byte[]> tensors = new TreeMap<>();
    for (Outcome rank : ranks) {
      for (Saved part : rank.tensors()) {
        long count = Arrays.stream(part.shape()).reduce(1, (a, b) -> a * b);
        byte[] whole = tensors.computeIfAbsent(part.name(), _ -> new byte[(int) count * 4]);
        int at = (int) (part.box()[0][0] * (count / part.shape()[0]) * 4);
        boolean parameter = !part.name().startsWith("adamw.");
        if (parameter && rank != ranks.getFirst()) {
          assertThat(part.bytes()).as(part.name()).isEqualTo(whole);
        }
        System.arraycopy(part.bytes(), 0, whole, at, part.bytes().length);
      }
    }
    Map<String, String> hex = new TreeMap<>();
    tensors.forEach((name, bytes) -> hex.put(name, HexFormat.of().formatHex(bytes)));
    return hex;
  }

  @Test
  void givenEachStepCutShortAtEachCollective_whenRedone_thenStateWasUntouchedAndTheBitsAreTheSame()
      throws Exception {
    Map<String, String> settings = sharded(LanguageModelTrainerTest.tiny("mlp"));
    int worldSize = 3;
    List<Outcome> undisturbed = train(settings, worldSize, STEPS);
    var local = new LocalGroups();
    try (var threads = Executors.newFixedThreadPool(worldSize)) {
      List<Callable<List<Saved>>> ranks = new ArrayList<>();
      for (int rank = 0; rank < worldSize; rank++) {
        int own = rank;
        ranks.add(() -> disturbed(settings, local, own, worldSize));
      }
      List<Future<List<Saved>>> states = threads.invokeAll(ranks);
      for (int rank = 0; rank < worldSize; rank++) {
        assertThat(states.get(rank).get())
            .usingRecursiveComparison()
            .isEqualTo(undisturbed.get(rank).tensors());
      }
    }
  }

  private static List<Saved> disturbed(
      Map<String, String> settings, Groups groups, int rank, int worldSize) {
    try (Trainer trainer = ReferenceTrainers.create(settings, SEED)) {
      long generation = 0;
      for (long step = 1; step <= STEPS; step++) {
        int last = 1; // collective that is not reached
        while (!attempt(trainer, join(groups, ++generation, worldSize, rank), step, last)) {
          last++;
        }
        // of slices, edges and norm, then of each rank's rows
        assertThat(last).isEqualTo(3 + worldSize + 1);
      }
      return Saved.of(trainer);
    }
  }

  private static Communicator join(Groups groups, long generation, int worldSize, int rank) {
    var spec = new Groups.Spec(Path.of("memory"), "dp", generation, worldSize, 0, 1 << 20);
    return groups.join(spec, rank);
  }

  /** Returns whether the step was done; another rank is the lost one in each attempt. */
  private static boolean attempt(Trainer trainer, Communicator communicator, long step, int last) {
    try (communicator) {
      trainer.place(communicator.rank(), communicator.worldSize());
      trainer.joined(
          communicator.rank() == last % communicator.worldSize()
              ? RevokingCommunicator.of(communicator, last)
              : communicator);
      byte[] before = Training.bytes(trainer);
      try {
        Training.step(trainer, communicator, step);
        return true;
      } catch (GroupRevokedException e) {
        assertThat(Training.bytes(trainer)).isEqualTo(before);
        return false;
      }
    }
  }

  @Test
  void givenOneTwoAndFourRanks_whenPlaced_thenMomentsTakeTheirShareOfTheMemory() {
    long parameters = 49_536L * 4; // of the model with its default sizes, on every rank
    long moments = 2 * parameters;
    assertThat(sizesBytes(0, 1)).containsExactly(parameters + moments);
    assertThat(sizesBytes(1, 1)).containsExactly(parameters + moments);
    assertThat(sizesBytes(0, 2)).containsExactly(parameters + moments, parameters + moments);
    assertThat(sizesBytes(1, 2)).as("bytes of state per rank").containsExactly(397_824L, 394_752L);
    assertThat(sizesBytes(1, 4))
        .as("bytes of state per rank")
        .containsExactly(297_472L, 298_496L, 296_448L, 296_448L);
    for (int worldSize : new int[] {2, 4}) {
      long sum = sizesBytes(1, worldSize).stream().mapToLong(bytes -> bytes - parameters).sum();
      assertThat(sum).as("moments over %d ranks", worldSize).isEqualTo(moments);
    }
  }

  private static List<Long> sizesBytes(int zero, int worldSize) {
    Map<String, String> settings = Map.of("model", "mlp", "zero", "" + zero);
    try (Trainer trainer = ReferenceTrainers.create(settings, SEED)) {
      List<Long> bytes = new ArrayList<>();
      for (int rank = 0; rank < worldSize; rank++) {
        trainer.place(rank, worldSize);
        bytes.add(trainer.state().stream().mapToLong(t -> t.memory().byteSize()).sum());
      }
      return bytes;
    }
  }

  @Test
  void givenAPlacedTrainer_whenPlacedAgain_thenMomentsStayWithTheirBoxesAndElseAreZero()
      throws Exception {
    try (Trainer trainer =
            ReferenceTrainers.create(sharded(LanguageModelTrainerTest.tiny("mlp")), SEED);
        var alone = join(new LocalGroups(), 1, 1, 0)) {
      trainer.joined(alone); // never placed: rank 0 of 1
      Training.step(trainer, alone, 1);
      byte[] after = Training.bytes(trainer);
      byte[] parameters = parameters(trainer);
      trainer.place(0, 1);
      assertThat(Training.bytes(trainer)).isEqualTo(after);
      assertThat(moments(trainer)).anyMatch(bytes -> !zero(bytes));
      trainer.place(1, 2);
      assertThat(moments(trainer)).isNotEmpty().allMatch(ShardedTrainingTest::zero);
      assertThat(trainer.state()).noneMatch(t -> t.name().equals("adamw.m/embedding.weight"));
      assertThat(parameters(trainer)).isEqualTo(parameters);
    }
  }

  private static byte[] parameters(Trainer trainer) {
    int bytes =
        trainer.state().stream()
            .filter(NamedTensor::replicated)
            .mapToInt(t -> (int) t.memory().byteSize())
            .sum();
    return Arrays.copyOf(Training.bytes(trainer), bytes);
  }

  private static List<byte[]> moments(Trainer trainer) {
    return Saved.of(trainer).stream()
        .filter(t -> t.name().startsWith("adamw."))
        .map(Saved::bytes)
        .toList();
  }

  private static boolean zero(byte[] bytes) {
    return Arrays.equals(bytes, new byte[bytes.length]);
  }

  @Test
  void givenAGroupThatItWasNotPlacedIn_whenJoined_thenItRefuses() {
    try (Trainer trainer =
            ReferenceTrainers.create(sharded(LanguageModelTrainerTest.tiny("mlp")), SEED);
        var alone = join(new LocalGroups(), 1, 1, 0)) {
      trainer.place(1, 2);
      assertThatThrownBy(() -> trainer.joined(alone))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(
              "expectedRank=1 expectedWorldSize=2 actualRank=0 actualWorldSize=1");
    }
  }
}
