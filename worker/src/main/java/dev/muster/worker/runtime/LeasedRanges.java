package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.FencedException;
import dev.muster.worker.SampleSource;
import dev.muster.worker.data.SampleLog;
import dev.muster.worker.data.Sampler;

/**
 * The ranges that one rank takes in one step, one after the other, from the master. A range that
 * was lent is used: without this rank the step does not commit. Step thread only.
 */
final class LeasedRanges implements SampleSource {
  /** After an answer was lost, and below any limit for hangs: who asks does not hang. */
  private static final long ASK_AGAIN_MS = 500;

  private static final long[] NONE = {};

  private final Agent agent;
  private final Communicator communicator;
  private final Sampler sampler;
  private final SampleLog log;
  private final long step;
  private int requests;
  private boolean delivered;
  private boolean exhausted;

  LeasedRanges(Agent agent, Communicator communicator, Sampler sampler, SampleLog log, long step) {
    this.agent = agent;
    this.communicator = communicator;
    this.sampler = sampler;
    this.log = log;
    this.step = step;
  }

  @Override
  public long[] next() {
    if (exhausted) {
      return NONE;
    }
    var range = ask(requests++);
    exhausted = range.count() == 0;
    return exhausted ? NONE : deliver(range);
  }

  private long[] deliver(ToWorker.Range range) {
    requireOfStep(range);
    long[] samples = sampler.indices(range.epoch(), range.from(), range.count());
    log.delivered(communicator.generation(), step, range.epoch(), samples);
    delivered = true;
    return samples;
  }

  private void requireOfStep(ToWorker.Range range) {
    var batch = sampler.batch(step);
    boolean within =
        range.epoch() == batch.epoch()
            && range.from() >= batch.from()
            && range.from() + range.count() <= batch.from() + batch.count();
    if (!within) {
      throw new IllegalStateException(
          "a range of another step was lent: step=" + step + " batch=" + batch + " " + range);
    }
  }

  private ToWorker.Range ask(int request) {
    var take =
        new FromWorker.TakeRange(
            communicator.generation(), step, request, sampler.samples(), sampler.globalBatch());
    ToWorker.Range answer = null;
    while (answer == null) {
      requireCurrent();
      agent.page().phase(Phase.WAITING); // counts as progress
      agent.send(take);
      answer = await(take);
    }
    agent.page().phase(Phase.COMPUTING);
    if (!answer.problem().isEmpty()) {
      throw new IllegalStateException(answer.problem());
    }
    return answer;
  }

  private ToWorker.Range await(FromWorker.TakeRange take) {
    try {
      return agent.mailbox().range(take.generation(), take.step(), take.request(), ASK_AGAIN_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FencedException("the worker's thread was interrupted");
    }
  }

  /** The master does not lend to a group that ends, and others wait for this rank. */
  private void requireCurrent() {
    var mailbox = agent.mailbox();
    mailbox.requireUnfenced();
    long generation = communicator.generation();
    if (mailbox.stop() != null) {
      communicator.abort("a rank was told to stop: rank=" + communicator.rank());
    }
    if (mailbox.stop() != null
        || mailbox.supersedes(generation)
        || agent.page().revokedGeneration() >= generation) {
      throw new GroupRevokedException(communicator.group(), generation, "no ranges any more");
    }
  }

  /**
   * The step is computed.
   *
   * @throws IllegalStateException the trainer did not read until there were none left
   */
  void close() {
    if (!exhausted) {
      throw new IllegalStateException(
          "the trainer has not read all of its samples: step="
              + step
              + " rangesRead="
              + requests
              + "; with muster.data.mode = leased it has to call Step.next() until that is empty");
    }
    if (!delivered) {
      log.delivered(communicator.generation(), step, sampler.batch(step).epoch(), NONE);
    }
  }
}
