package dev.muster.worker;

import dev.muster.collectives.Communicator;
import java.util.function.Function;

/**
 * One step as seen by one rank.
 *
 * @param number 1-based; the state before it is that of {@code number - 1}; 0 is a rehearsal, see
 *     {@link Trainer#compute}
 * @param epoch 0-based pass over the data
 * @param samples this rank's share: indices into the data set; empty when the world is larger than
 *     the batch, and when ranks take ranges, which only {@link #next} gives
 * @param globalSamples samples of the step over all ranks; divide by this, not by the share
 * @param seed of the job; with (number, rank) it determines every random draw
 * @param source of {@link #next}
 * @param byName of {@link #ranges}
 */
public record Step(
    long number,
    long epoch,
    long[] samples,
    long globalSamples,
    long seed,
    Communicator communicator,
    SampleSource source,
    Function<String, RangeSource> byName) {

  /** Without datasets that are taken by name. */
  public Step(
      long number,
      long epoch,
      long[] samples,
      long globalSamples,
      long seed,
      Communicator communicator,
      SampleSource source) {
    this(number, epoch, samples, globalSamples, seed, communicator, source, Step::noRanges);
  }

  /** With all samples known beforehand. */
  public Step(
      long number,
      long epoch,
      long[] samples,
      long globalSamples,
      long seed,
      Communicator communicator) {
    this(number, epoch, samples, globalSamples, seed, communicator, SampleSource.of(samples));
  }

  /**
   * Samples to compute next, empty when the step has none left for this rank: to be called in
   * {@link Trainer#compute} until then. A trainer that reads its samples here works in both modes
   * of {@code muster.data.mode}: its share at once, or ranges as fast as it computes them.
   */
  public long[] next() {
    return source.next();
  }

  /** With datasets that are taken by name. */
  public Step with(Function<String, RangeSource> datasets) {
    return new Step(number, epoch, samples, globalSamples, seed, communicator, source, datasets);
  }

  /**
   * Ranges of a dataset that {@link Trainer#datasets} names; in {@link Trainer#compute}. A
   * rehearsal finds nothing there.
   */
  public RangeSource ranges(String dataset) {
    return byName.apply(dataset);
  }

  private static RangeSource noRanges(String dataset) {
    throw new IllegalStateException(
        "no ranges here: dataset=" + dataset + "; Trainer.datasets must name it");
  }

  /**
   * A seed for random draws of this step on this rank (dropout): a function of (seed, step, rank)
   * alone.
   */
  public long randomSeed() {
    long z = seed + 0x9E3779B97F4A7C15L * (number * 1_000_003L + communicator.rank() + 1);
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
