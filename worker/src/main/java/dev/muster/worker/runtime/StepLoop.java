package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;

/**
 * The steps of one generation on one rank: compute, agree, apply. Nothing stands between a
 * successful agreement and the update but the log line that witnesses it: a step that any rank may
 * have applied is applied by all, also when the group is revoked meanwhile (ULFM: revoke, agree,
 * shrink).
 */
final class StepLoop {
  private final Agent agent;
  private final ControlPage page;
  private final Communicator communicator;
  private final Replica replica;
  private final Loader loader;
  private final Saver saver;
  private final Throughput throughput;
  private boolean stepped;

  StepLoop(Agent agent, Communicator communicator, Replica replica, Loader loader, Saver saver) {
    this.agent = agent;
    this.page = agent.page();
    this.communicator = communicator;
    this.replica = replica;
    this.loader = loader;
    this.saver = saver;
    this.throughput = new Throughput(System.nanoTime());
  }

  /**
   * Returns true after step {@code last}, false when told to stop.
   *
   * @throws GroupRevokedException the generation is over; the replica holds the last committed step
   */
  boolean runTo(long last) {
    try {
      return stepTo(last);
    } finally {
      fence();
    }
  }

  private boolean stepTo(long last) {
    if (replica.appliedStep() >= last) { // a group that has only to finish
      stepped(replica.appliedStep());
      saver.begin(last, replica.trainer().state(), communicator); // the former may not have got to
    }
    while (replica.appliedStep() < last) {
      if (stopping()) {
        return false;
      }
      requireCurrent();
      step(replica.appliedStep() + 1);
    }
    return true;
  }

  private void step(long number) {
    Step step = deliver(number);
    page.phase(Phase.COMPUTING);
    double loss = replica.trainer().compute(step);
    loader.computed();
    page.phase(Phase.AGREEING);
    fence();
    communicator.agree(number);
    loader.log().committed(communicator.generation(), number, loss);
    page.phase(Phase.APPLYING);
    replica.trainer().apply(step);
    applied(step, loss);
    agent.mailbox().saveEvery(communicator.generation()).ifPresent(saver::ordered);
    saver.begin(number, replica.trainer().state(), communicator);
  }

  private void fence() {
    saver.fence(throughput.stepDurationNs()).ifPresent(agent::send);
    saver.takeProblem().ifPresent(agent::send);
  }

  private Step deliver(long number) {
    page.stepInFlight(number);
    return loader.step(number, replica.seed(), communicator);
  }

  private void applied(Step step, double loss) {
    Trainer.Dataset dataset = replica.trainer().dataset();
    throughput.step(System.nanoTime(), step.globalSamples() * dataset.unitsPerSample());
    page.loss(loss);
    page.unitsPerSecond(throughput.unitsPerSecond());
    page.stepDurationNs(throughput.stepDurationNs());
    replica.holds(step.number());
    stepped(step.number());
  }

  /** Tells once that the group works. */
  private void stepped(long step) {
    if (!stepped) {
      stepped = true;
      agent.send(new FromWorker.Stepped(communicator.generation(), step));
    }
  }

  /** A rank that leaves would keep the others waiting in the next collective: it ends the group. */
  private boolean stopping() {
    var stop = agent.mailbox().stop();
    if (stop != null) {
      communicator.abort(
          "a rank was told to stop: rank=" + communicator.rank() + " reason=" + stop.reason());
    }
    return stop != null;
  }

  /**
   * Between two steps a rank may always leave; this finds a revoke that the next collective would
   * find anyway.
   */
  private void requireCurrent() {
    agent.mailbox().requireUnfenced();
    long generation = communicator.generation();
    if (agent.mailbox().supersedes(generation) || page.revokedGeneration() >= generation) {
      throw new GroupRevokedException(communicator.group(), generation, "the agent ended it");
    }
  }
}
