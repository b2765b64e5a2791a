package dev.muster.collectives;

/**
 * How elements of several ranks become one; applied in rank order, so the result has the same bits
 * on every rank and run.
 */
public enum ReduceOp {
  SUM,
  /** The sum, divided by the world size once, at the end; of integers towards zero. */
  MEAN,
  PRODUCT,
  MIN,
  MAX
}
