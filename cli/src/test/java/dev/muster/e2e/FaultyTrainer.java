package dev.muster.e2e;

import dev.muster.cli.process.JavaCommand;
import dev.muster.collectives.Communicator;
import dev.muster.trainer.ReferenceTrainers;
import dev.muster.worker.Muster;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.SampleSource;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The shipped trainer with a defect: a program that a user would write, started as the command of a
 * run.
 */
final class FaultyTrainer implements Trainer {
  /** What goes wrong. */
  enum Defect {
    /** Stops calling collectives for ever. */
    SLEEP,
    /** Throws in compute. */
    THROW,
    /** Takes longer for whatever it computes, in all steps. */
    SLOW,
    /** Throws before there is a trainer. */
    CONSTRUCTOR
  }

  /**
   * @param rank that has it, -1 for every one
   * @param step in which it shows
   * @param once file that the first one to show it makes, after which nobody does; null: always
   */
  record Plan(Defect defect, int rank, long step, Path once) {
    String[] arguments() {
      return new String[] {
        defect.name(), "" + rank, "" + step, once == null ? "" : once.toString()
      };
    }

    static Plan of(String[] words) {
      var once = words[3].isEmpty() ? null : Path.of(words[3]);
      return new Plan(
          Defect.valueOf(words[0]), Integer.parseInt(words[1]), Long.parseLong(words[2]), once);
    }

    boolean first() {
      try {
        if (once != null) {
          Files.createFile(once);
        }
        return true;
      } catch (FileAlreadyExistsException shown) {
        return false;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final long SLOW_NS = 40_000_000;

  private final Trainer trainer;
  private final Plan plan;

  private FaultyTrainer(Trainer trainer, Plan plan) {
    this.trainer = trainer;
    this.plan = plan;
  }

  public static void main(String[] args) {
    var plan = Plan.of(args);
    Muster.train((settings, seed) -> {
      if (plan.defect == Defect.CONSTRUCTOR && plan.first()) {
        throw new IllegalArgumentException("no such optimizer: name=adamwx");
      }
      return new FaultyTrainer(ReferenceTrainers.create(settings, seed), plan);
    });
  }

  /** Flags of a run of {@link SmallModel} whose trainer has this defect. */
  static String[] flags(int workers, int steps, Plan plan, String... more) {
    var flags = new ArrayList<>(List.of(SmallModel.flags(workers, steps, more)));
    flags.addAll(List.of("--managed", "--"));
    flags.addAll(JavaCommand.trainer(FaultyTrainer.class.getName()));
    flags.addAll(List.of(plan.arguments()));
    return flags.toArray(String[]::new);
  }

  @Override
  public double compute(Step step) {
    boolean here = plan.rank < 0 || plan.rank == step.communicator().rank();
    if (here && plan.defect == Defect.SLOW) {
      return trainer.compute(slow(step));
    }
    if (here && step.number() == plan.step && plan.defect != Defect.CONSTRUCTOR && plan.first()) {
      show();
    }
    return trainer.compute(step);
  }

  private static Step slow(Step step) {
    SampleSource slow =
        () -> {
          var samples = step.next();
          LockSupport.parkNanos(samples.length * SLOW_NS);
          return samples;
        };
    return new Step(
        step.number(),
        step.epoch(),
        step.samples(),
        step.globalSamples(),
        step.seed(),
        step.communicator(),
        slow);
  }

  private void show() {
    while (plan.defect == Defect.SLEEP) {
      LockSupport.parkNanos(Long.MAX_VALUE);
    }
    throw new IllegalStateException("loss is not a number: learningRate=1e9");
  }

  @Override
  public List<NamedTensor> state() {
    return trainer.state();
  }

  @Override
  public void place(int rank, int worldSize) {
    trainer.place(rank, worldSize);
  }

  @Override
  public Dataset dataset() {
    return trainer.dataset();
  }

  @Override
  public void joined(Communicator communicator) {
    trainer.joined(communicator);
  }

  @Override
  public void apply(Step step) {
    trainer.apply(step);
  }

  @Override
  public Evaluation evaluate() {
    return trainer.evaluate();
  }

  @Override
  public void close() {
    trainer.close();
  }
}
