package dev.muster.master.wiring;

import dev.muster.worker.actor.Journal;
import java.util.concurrent.atomic.AtomicLong;

/** How many entries of this run are durable, for operators. Any thread. */
final class JournalCount {
  private final AtomicLong durable = new AtomicLong();

  /**
   * The same journal, counted.
   *
   * @param kept entries that it held when it was opened
   */
  Journal of(Journal journal, int kept) {
    durable.set(kept);
    return (entry, done) ->
        journal.append(
            entry,
            () -> {
              durable.incrementAndGet();
              done.run();
            });
  }

  long get() {
    return durable.get();
  }
}
