package dev.muster.master.journal;

import dev.muster.worker.actor.Journal;
import java.util.ArrayList;
import java.util.List;

/**
 * A journal that ends with the process: for tests and for a master inside the user's own JVM. Any
 * thread.
 */
public final class MemoryJournal implements Journal {
  private final List<Object> entries = new ArrayList<>();

  @Override
  public synchronized void append(Object entry, Runnable durable) {
    entries.add(entry);
    durable.run();
  }

  /** A copy of what was appended, oldest first. */
  public synchronized List<Object> entries() {
    return List.copyOf(entries);
  }
}
