package dev.muster.master.job;

import dev.muster.protocol.Generation;
import java.util.List;

/**
 * One entry of a journal, handled again.
 *
 * @param entry what was recorded
 * @param decisions what came out this time
 * @param generation of the job's group after it
 */
public record ReplayedEntry(JournalEntry entry, List<String> decisions, Generation generation) {
  /** Whether the same was decided as then, in the same order. */
  public boolean same() {
    return decisions.equals(entry.decisions());
  }
}
