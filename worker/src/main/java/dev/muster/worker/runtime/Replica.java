package dev.muster.worker.runtime;

import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.Trainer;
import dev.muster.worker.TrainerFactory;
import java.util.function.UnaryOperator;

/**
 * The trainer and the step its state is that of. The page always says what the memory really holds:
 * -1 while a restore has begun to overwrite it and is not complete. Step thread only.
 */
final class Replica implements AutoCloseable {
  /** Neither of a committed step nor fresh. */
  static final long NO_STATE = -1;

  private final TrainerFactory factory;
  private final ToWorker.Welcome welcome;
  private final ControlPage page;
  private final UnaryOperator<Trainer> around;
  private Trainer trainer;
  private long appliedStep;
  private int rank;
  private int worldSize; // 0: not placed yet

  private Replica(
      TrainerFactory factory,
      ToWorker.Welcome welcome,
      ControlPage page,
      UnaryOperator<Trainer> around) {
    this.factory = factory;
    this.welcome = welcome;
    this.page = page;
    this.around = around;
  }

  static Replica build(TrainerFactory factory, ToWorker.Welcome welcome, ControlPage page)
      throws Exception {
    return build(factory, welcome, page, UnaryOperator.identity());
  }

  /**
   * @param around puts something between the trainer and those who call it
   */
  static Replica build(
      TrainerFactory factory,
      ToWorker.Welcome welcome,
      ControlPage page,
      UnaryOperator<Trainer> around)
      throws Exception {
    var replica = new Replica(factory, welcome, page, around);
    replica.rebuild();
    return replica;
  }

  /** The same welcome, but for another trainer and a page that nobody reads. */
  Replica onStage(Trainer rehearsed, ControlPage stagePage) {
    var understudy = new Replica(factory, welcome, stagePage, around);
    understudy.trainer = rehearsed;
    return understudy;
  }

  /** Back to the state before the first step, the same on every worker of the seed. */
  void rebuild() throws Exception {
    holds(NO_STATE);
    close();
    trainer = around.apply(factory.create(welcome.settings(), welcome.seed()));
    if (worldSize > 0) {
      trainer.place(rank, worldSize);
    }
    holds(0);
  }

  /**
   * Before the state is restored. A committed state whose boxes are others afterwards is lost: its
   * sharded tensors are laid out anew.
   */
  void place(int newRank, int newWorldSize) {
    rank = newRank;
    worldSize = newWorldSize;
    long before = appliedStep > 0 ? layout() : 0;
    trainer.place(rank, worldSize);
    if (appliedStep > 0 && layout() != before) {
      holds(NO_STATE);
    }
  }

  private long layout() {
    return new StateBytes(trainer.state()).layout();
  }

  void holds(long step) {
    appliedStep = step;
    page.appliedStep(step);
  }

  long appliedStep() {
    return appliedStep;
  }

  Trainer trainer() {
    return trainer;
  }

  long seed() {
    return welcome.seed();
  }

  @Override
  public void close() {
    if (trainer != null) {
      trainer.close();
      trainer = null;
    }
  }
}
