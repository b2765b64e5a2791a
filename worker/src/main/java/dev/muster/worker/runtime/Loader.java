package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.protocol.local.ToWorker;
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
  private final Mode mode;
  private Lender lender; // of the newest generation
  private long lenderGeneration;
  private LeasedRanges ranges; // of the step in flight, else null

  /**
   * How ranks come to their samples.
   *
   * @param rangeSize most samples of a range, 0: unknown
   */
  record Mode(boolean leased, int rangeSize) {
    static final Mode SHARES = new Mode(false, 0);

    static Mode of(ToWorker.Welcome welcome) {
      int size = welcome.rangeSize() == null ? 0 : welcome.rangeSize();
      return new Mode(welcome.leased(), size);
    }
  }

  Loader(Agent agent, Sampler sampler, SampleLog log, Mode mode) {
    this.agent = agent;
    this.sampler = sampler;
    this.log = log;
    this.mode = mode;
  }

  SampleLog log() {
    return log;
  }

  Step step(long number, long seed, Communicator communicator) {
    var batch = sampler.batch(number);
    if (mode.leased()) {
      ranges = new LeasedRanges(lender(communicator), communicator, sampler, log, number);
      return new Step(
          number, batch.epoch(), new long[0], batch.count(), seed, communicator, ranges);
    }
    long[] share = sampler.share(number, communicator.rank(), communicator.worldSize());
    log.delivered(communicator.generation(), number, batch.epoch(), share);
    return new Step(number, batch.epoch(), share, batch.count(), seed, communicator);
  }

  private Lender lender(Communicator communicator) {
    if (lenderGeneration != communicator.generation()) {
      lender = Lender.of(agent, communicator, sampler, mode.rangeSize());
      lenderGeneration = communicator.generation();
    }
    return lender;
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
