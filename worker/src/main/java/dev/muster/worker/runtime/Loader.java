package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.worker.Step;
import dev.muster.worker.data.SampleLog;
import dev.muster.worker.data.Sampler;

/**
 * Says which samples a rank uses in a step, and writes them to the sample log: its share, or the
 * ranges it takes while it computes. Step thread only.
 */
final class Loader {
  private final Agent agent;
  private final Sampler sampler;
  private final SampleLog log;
  private final boolean leased;
  private LeasedRanges ranges; // of the step in flight, else null

  Loader(Agent agent, Sampler sampler, SampleLog log, boolean leased) {
    this.agent = agent;
    this.sampler = sampler;
    this.log = log;
    this.leased = leased;
  }

  SampleLog log() {
    return log;
  }

  Step step(long number, long seed, Communicator communicator) {
    var batch = sampler.batch(number);
    if (leased) {
      ranges = new LeasedRanges(agent, communicator, sampler, log, number);
      return new Step(
          number, batch.epoch(), new long[0], batch.count(), seed, communicator, ranges);
    }
    long[] share = sampler.share(number, communicator.rank(), communicator.worldSize());
    log.delivered(communicator.generation(), number, batch.epoch(), share);
    return new Step(number, batch.epoch(), share, batch.count(), seed, communicator);
  }

  /**
   * The trainer has computed the step.
   *
   * @throws IllegalStateException it left some of its samples unread
   */
  void computed() {
    if (ranges != null) {
      ranges.close();
      ranges = null;
    }
  }
}
