package dev.muster.trainer;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Slices;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;

/**
 * Trains as the runtime would, in small: one trainer per rank, each on a thread of its own,
 * contiguous shares of each batch.
 */
final class Training {
  private static final long SEED = 42;

  private Training() {}

  /** What one rank saw. */
  record Outcome(List<Double> losses, byte[] state, List<Saved> tensors) {}

  /** A tensor of a rank's state after the last step. */
  record Saved(String name, long[] shape, long[][] box, byte[] bytes) {
    static List<Saved> of(Trainer trainer) {
      return trainer.state().stream()
          .map(t -> new Saved(t.name(), t.globalShape(), t.box(), t.memory().toArray(JAVA_BYTE)))
          .toList();
    }
  }

  /**
   * @param directory for the group's files; one group at a time
   */
  static List<Outcome> run(Path directory, Map<String, String> settings, int worldSize, int steps)
      throws Exception {
    try (var threads = Executors.newFixedThreadPool(worldSize)) {
      List<Callable<Outcome>> ranks = new ArrayList<>();
      for (int rank = 0; rank < worldSize; rank++) {
        int own = rank;
        ranks.add(() -> rank(settings, join(directory, settings, worldSize, own), steps));
      }
      List<Outcome> outcomes = new ArrayList<>();
      for (Future<Outcome> outcome : threads.invokeAll(ranks)) {
        outcomes.add(outcome.get());
      }
      return outcomes;
    }
  }

  /** The groups that worker processes use, over files of their own. */
  static Communicator join(Path directory, Map<String, String> settings, int worldSize, int rank) {
    long bytes = ReferenceTrainers.describe(settings).sharedBytesPerRank();
    return new SharedMemoryGroups()
        .join(new Groups.Spec(directory, "dp", 1, worldSize, 0, bytes), rank);
  }

  private static Outcome rank(Map<String, String> settings, Communicator communicator, int steps) {
    try (communicator;
        Trainer trainer = ReferenceTrainers.create(settings, SEED)) {
      trainer.place(communicator.rank(), communicator.worldSize());
      trainer.joined(communicator);
      List<Double> losses = new ArrayList<>();
      for (long step = 1; step <= steps; step++) {
        losses.add(step(trainer, communicator, step));
      }
      return new Outcome(losses, bytes(trainer), Saved.of(trainer));
    } catch (RuntimeException e) {
      communicator.abort("a rank failed: " + e);
      throw e;
    }
  }

  /** One committed step; the samples are a function of its number. */
  static double step(Trainer trainer, Communicator communicator, long number) {
    Trainer.Dataset dataset = trainer.dataset();
    Slices share = Slices.of(dataset.globalBatch(), communicator.rank(), communicator.worldSize());
    long[] samples =
        LongStream.range(share.from(), share.to())
            .map(i -> ((number - 1) * dataset.globalBatch() + i) % dataset.samples())
            .toArray();
    Step step = new Step(number, 0, samples, dataset.globalBatch(), SEED, communicator);
    double loss = trainer.compute(step);
    trainer.apply(step);
    return loss;
  }

  static byte[] bytes(Trainer trainer) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (NamedTensor tensor : trainer.state()) {
      out.writeBytes(tensor.memory().toArray(JAVA_BYTE));
    }
    return out.toByteArray();
  }
}
