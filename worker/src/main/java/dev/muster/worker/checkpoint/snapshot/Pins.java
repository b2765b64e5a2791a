package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.process.ProcessStat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Who reads a buffer right now, one word each: the reader's pid above the deadline of its lease, in
 * milliseconds of the clock that all processes of a host share. One word, so that no death between
 * two stores leaves half a pin.
 *
 * <p>A writer removes the pins of the dead and of those whose lease has run out. A reader that is
 * only slow finds that out by {@link #renew} and must not trust what it has read since it last held
 * the pin; so no clock decides about correctness. Any thread, any process.
 */
final class Pins {
  static final int SLOTS = 16;
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final int DEADLINE_BITS = 41;

  private final MemorySegment words;
  private final LongSupplier nowMs;

  Pins(MemorySegment words, LongSupplier nowMs) {
    this.words = words;
    this.nowMs = nowMs;
  }

  /** A pin as its holder knows it. */
  static final class Pin {
    private final int slot;
    private long word;

    private Pin(int slot, long word) {
      this.slot = slot;
      this.word = word;
    }
  }

  /**
   * @throws IllegalStateException more readers than there are slots
   */
  Pin take(long leaseMs) {
    long word = word(leaseMs);
    for (int slot = 0; slot < SLOTS; slot++) {
      long held = at(slot);
      if ((held == 0 || stale(held)) && swap(slot, held, word)) {
        return new Pin(slot, word);
      }
    }
    throw new IllegalStateException(
        "too many readers of one buffer: slots=" + SLOTS + "; close a snapshot first");
  }

  /**
   * Prolongs the lease.
   *
   * @return whether it was still held, up to now; false is final
   */
  boolean renew(Pin pin, long leaseMs) {
    long word = word(leaseMs);
    boolean held = swap(pin.slot, pin.word, word);
    pin.word = held ? word : pin.word;
    return held;
  }

  void release(Pin pin) {
    swap(pin.slot, pin.word, 0); // if it fails, the writer has removed it
  }

  /** The pid of a reader to wait for; what the dead and the late have left is removed. */
  OptionalLong reader() {
    for (int slot = 0; slot < SLOTS; slot++) {
      long held = at(slot);
      if (held != 0 && !(stale(held) && swap(slot, held, 0))) {
        return OptionalLong.of(pid(held));
      }
    }
    return OptionalLong.empty();
  }

  private long word(long leaseMs) {
    return ProcessHandle.current().pid() << DEADLINE_BITS | nowMs.getAsLong() + leaseMs;
  }

  private boolean stale(long word) {
    long deadlineMs = word & (1L << DEADLINE_BITS) - 1;
    return nowMs.getAsLong() >= deadlineMs
        || ProcessStat.of(pid(word)).map(ProcessStat::zombie).orElse(true);
  }

  private static long pid(long word) {
    return word >>> DEADLINE_BITS;
  }

  private long at(int slot) {
    return (long) LONG.getVolatile(words, slot * 8L);
  }

  private boolean swap(int slot, long expected, long value) {
    return LONG.compareAndSet(words, slot * 8L, expected, value);
  }
}
