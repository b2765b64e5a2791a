package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.util.List;

/**
 * A trainer that is told that nothing counts: every step has number 0.
 *
 * @param applies false: the state may not be touched
 * @param began called at the start of every step
 */
record RehearsedTrainer(Trainer trainer, boolean applies, Runnable began) implements Trainer {
  private static Step rehearsal(Step step) {
    return new Step(
        0, step.epoch(), step.samples(), step.globalSamples(), step.seed(), step.communicator());
  }

  @Override
  public List<NamedTensor> state() {
    return trainer.state();
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
    began.run();
    return trainer.compute(rehearsal(step));
  }

  @Override
  public void apply(Step step) {
    if (applies) {
      trainer.apply(rehearsal(step));
    }
  }
}
