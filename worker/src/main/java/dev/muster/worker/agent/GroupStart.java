package dev.muster.worker.agent;

import dev.muster.protocol.Nullable;
import dev.muster.protocol.message.ToAgent;
import java.util.Collections;
import java.util.List;

/**
 * With what the members of a group begin, as {@link ToAgent.Form} says it.
 *
 * @param step last committed one, 0 for a fresh start
 * @param sourceRank passes its state on; -1 when none does
 * @param needState ranks that must take it, ascending
 * @param restore where it is read first; null when a member holds it, or for a fresh start
 * @param saveEvery steps between two snapshots until told otherwise, 0: none
 */
record GroupStart(
    long step,
    int sourceRank,
    List<Integer> needState,
    @Nullable ToAgent.Restore restore,
    int saveEvery) {
  static GroupStart of(ToAgent.Form form) {
    return new GroupStart(
        form.startStep(), form.sourceRank(), form.needState(), form.restore(), form.saveEvery());
  }

  /** Whether {@code rank} must take the state from the source. */
  boolean needsState(int rank) {
    return Collections.binarySearch(needState, rank) >= 0;
  }
}
