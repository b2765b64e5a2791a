package dev.muster.master.data;

import dev.muster.protocol.Generation;

/** What happens to a {@link RangeLedger}; the log of these and the seed give the order again. */
public sealed interface RangeEvent {
  /**
   * A consumer wants a range to use in a step.
   *
   * @param atMost positions that it has room for, at least 1
   */
  record Take(Consumer consumer, Generation generation, long step, long atMost)
      implements RangeEvent {
    /** As large as ranges are. */
    public Take(Consumer consumer, Generation generation, long step) {
      this(consumer, generation, step, Long.MAX_VALUE);
    }
  }

  /**
   * A consumer uses (part of) its lease in a step. To be said before computing: what only a lost
   * worker knew is handed out as if it had never been used.
   */
  record Used(Consumer consumer, Generation generation, long step, Range range)
      implements RangeEvent {}

  /** A consumer could not read or use a range. */
  record Failed(Consumer consumer, Generation generation, Range range, String error)
      implements RangeEvent {}

  /** A consumer does not want (part of) what it holds. */
  record GivenBack(Consumer consumer, Generation generation, Range range) implements RangeEvent {}

  /** A step that is not committed does not use (part of) what it was to use. */
  record Unused(Generation generation, long step, Range range) implements RangeEvent {}

  /** All steps up to this one are committed, and with them what they used. */
  record Committed(Generation generation, long step) implements RangeEvent {}

  /**
   * A consumer is gone; what it held goes back. What it used stays with its step, which may have
   * been committed without it.
   */
  record Lost(Consumer consumer) implements RangeEvent {}

  /**
   * The group is revoked; steps after {@code committed} are done again by the next one.
   *
   * @param committed the last step of the revoked group, as settled
   */
  record Revoked(Generation next, long committed) implements RangeEvent {}

  /**
   * A partition of a stream is there up to this offset.
   *
   * @param partition the number of partitions: one more
   * @param end {@link Long#MAX_VALUE}: it has none
   */
  record Offered(int partition, long end) implements RangeEvent {}
}
