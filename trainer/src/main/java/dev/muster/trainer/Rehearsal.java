package dev.muster.trainer;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * A few real steps of a shipped trainer in a group of one, without master or agent. Started with
 * {@code -XX:AOTCacheOutput=FILE} it leaves an ahead-of-time cache with which workers start faster;
 * started without, it shows whether a machine can train at all.
 *
 * <p>Arguments: settings as {@code key=value}; {@code steps} is its own.
 */
public final class Rehearsal {
  private static final long SEED = 1;
  private static final String STEPS = "3";

  private Rehearsal() {}

  public static void main(String[] args) throws IOException {
    Map<String, String> settings = new TreeMap<>();
    for (String arg : args) {
      int equals = arg.indexOf('=');
      if (equals < 1) {
        System.err.println("not a setting: argument=" + arg + "; write key=value");
        System.exit(2);
      }
      settings.put(arg.substring(0, equals), arg.substring(equals + 1));
    }
    long steps = Long.parseLong(settings.getOrDefault("steps", STEPS));
    settings.remove("steps");
    System.out.println("loss " + run(settings, steps));
  }

  /**
   * @return loss of the last step
   */
  static double run(Map<String, String> settings, long steps) throws IOException {
    long bytes = ReferenceTrainers.describe(settings).sharedBytesPerRank();
    Path directory = Files.createTempDirectory("muster-rehearsal");
    Groups groups = new SharedMemoryGroups();
    Groups.Spec spec = new Groups.Spec(directory, "dp", 1, 1, 0, bytes);
    try (Communicator communicator = groups.join(spec, 0);
        Trainer trainer = ReferenceTrainers.create(settings, SEED)) {
      trainer.joined(communicator);
      double loss = Double.NaN;
      for (long number = 1; number <= steps; number++) {
        loss = step(trainer, communicator, number);
      }
      return loss;
    } finally {
      groups.remove(spec);
      Files.delete(directory);
    }
  }

  private static double step(Trainer trainer, Communicator communicator, long number) {
    Trainer.Dataset dataset = trainer.dataset();
    long[] samples =
        LongStream.range(0, dataset.globalBatch())
            .map(i -> (number * dataset.globalBatch() + i) % dataset.samples())
            .toArray();
    Step step = new Step(number, 0, samples, dataset.globalBatch(), SEED, communicator);
    double loss = trainer.compute(step);
    communicator.agree(number);
    trainer.apply(step);
    return loss;
  }
}
