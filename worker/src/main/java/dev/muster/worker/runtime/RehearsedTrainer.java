package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A trainer that is told that nothing counts: every step has number 0.
 *
 * @param applies false: the state may not be touched
 * @param begins asked at the start of every step; false: there is no time for it
 */
record RehearsedTrainer(Trainer trainer, boolean applies, BooleanSupplier begins)
    implements Trainer {
  /** A rank of a real group usually has a smaller share than one of three. */
  private static final int SHARES = 8;

  private static Step rehearsal(Step step) {
    long count = Math.clamp(step.globalSamples() / SHARES, 1, step.samples().length);
    return new Step(
        0,
        step.epoch(),
        Arrays.copyOf(step.samples(), (int) count),
        step.globalSamples(),
        step.seed(),
        step.communicator());
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
  public double compute(Step step) {
    if (!begins.getAsBoolean()) {
      var c = step.communicator();
      throw new GroupRevokedException(c.group(), c.generation(), "the rehearsal is over");
    }
    return trainer.compute(rehearsal(step));
  }

  @Override
  public void apply(Step step) {
    if (applies) {
      trainer.apply(rehearsal(step));
    }
  }
}
