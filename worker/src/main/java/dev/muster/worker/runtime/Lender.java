package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.SharedCounter;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.worker.data.Sampler;

/** Gives the ranks of one generation the ranges of each step. Step thread only. */
interface Lender {
  /**
   * Positions of an epoch's order.
   *
   * @param count 0: the step has none left
   */
  record Range(long epoch, long from, int count) {}

  /**
   * @param request how many this rank has taken in the step before this one
   */
  Range take(long step, int request);

  /**
   * The group's own memory where all ranks share it, else the master. Every rank calls it, before
   * its first step.
   *
   * @param rangeSize 0: only the master knows
   */
  static Lender of(Agent agent, Communicator communicator, Sampler sampler, int rangeSize) {
    var counter = communicator.counter();
    if (counter.isEmpty() || rangeSize == 0) {
      return new Master(new RoundTrip(agent, communicator), sampler);
    }
    SameData.require(communicator, sampler);
    return new Shared(agent.page(), counter.get(), sampler, rangeSize);
  }

  /**
   * Nobody is asked: a step's samples are known, and the group's counter says how many are taken.
   */
  record Shared(ControlPage page, SharedCounter counter, Sampler sampler, int rangeSize)
      implements Lender {
    @Override
    public Range take(long step, int request) {
      page.phase(Phase.COMPUTING); // counts as progress
      var batch = sampler.batch(step);
      int limit = Math.toIntExact(batch.count());
      int taken = counter.take(step, limit, rangeSize);
      return new Range(batch.epoch(), batch.from() + taken, Math.min(rangeSize, limit - taken));
    }
  }

  /** A round trip for each range, for ranks that share no memory. */
  record Master(RoundTrip master, Sampler sampler) implements Lender {
    @Override
    public Range take(long step, int request) {
      long generation = master.communicator().generation();
      var take =
          new FromWorker.TakeRange(
              generation, step, request, sampler.samples(), sampler.globalBatch());
      var answer = master.ask(take, (mailbox, ms) -> mailbox.range(generation, step, request, ms));
      if (!answer.problem().isEmpty()) {
        throw new IllegalStateException(answer.problem());
      }
      return new Range(answer.epoch(), answer.from(), answer.count());
    }
  }
}
