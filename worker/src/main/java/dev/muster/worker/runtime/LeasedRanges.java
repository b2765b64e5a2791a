package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.worker.SampleSource;
import dev.muster.worker.data.SampleLog;
import dev.muster.worker.data.Sampler;

/**
 * The ranges that one rank takes in one step, one after the other. A range that was lent is used:
 * without this rank the step does not commit. Step thread only.
 */
final class LeasedRanges implements SampleSource {
  private static final long[] NONE = {};

  private final Lender lender;
  private final Communicator communicator;
  private final Sampler sampler;
  private final SampleLog log;
  private final long step;
  private int requests;
  private boolean delivered;
  private boolean exhausted;

  LeasedRanges(
      Lender lender, Communicator communicator, Sampler sampler, SampleLog log, long step) {
    this.lender = lender;
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
    var range = lender.take(step, requests++);
    exhausted = range.count() == 0;
    return exhausted ? NONE : deliver(range);
  }

  private long[] deliver(Lender.Range range) {
    requireOfStep(range);
    long[] samples = sampler.indices(range.epoch(), range.from(), range.count());
    log.delivered(communicator.generation(), step, range.epoch(), samples);
    delivered = true;
    return samples;
  }

  private void requireOfStep(Lender.Range range) {
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
