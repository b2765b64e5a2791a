package dev.muster.simulator.fault;

/** When a line of a drill strikes. */
public sealed interface Timing {
  /** Once. */
  record At(long atNs) implements Timing {}

  /**
   * Again and again.
   *
   * @param gap from one to the next; its mean is more than 0
   * @param fromNs none before
   */
  record Every(Span gap, long fromNs) implements Timing {}

  /**
   * Whenever something was observed.
   *
   * @param after how long after it
   * @param times at most, 0: no limit
   */
  record When(Condition condition, Span after, int times) implements Timing {}
}
