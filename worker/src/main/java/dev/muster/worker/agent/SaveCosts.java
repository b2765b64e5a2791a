package dev.muster.worker.agent;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What snapshots take from the members of this node in one generation. Told each time their number
 * has doubled: early enough to matter, and a few dozen times in months.
 */
final class SaveCosts {
  private static final long FIRST = 4;

  /** Means of the slowest member. */
  record Cost(long blockedNs, long stepNs) {}

  private record Sum(long saves, long blockedNs, long stepNs) {
    static final Sum NONE = new Sum(0, 0, 0);

    Sum plus(long blocked, long step) {
      return new Sum(saves + 1, blockedNs + blocked, stepNs + step);
    }

    Cost mean() {
      return new Cost(blockedNs / saves, Math.max(1, stepNs / saves));
    }
  }

  private final Map<WorkerId, Sum> sums = new TreeMap<>(); // since it was last told
  private long saves; // of the first saver, in this generation
  private long due = FIRST;

  /** Another generation begins. */
  void forget() {
    sums.clear();
    saves = 0;
    due = FIRST;
  }

  /**
   * A member has saved.
   *
   * @param first of this node's savers: its saves are counted
   * @return what is to be told now
   */
  Optional<Cost> saved(WorkerId worker, boolean first, FromWorker.Saved message) {
    if (message.blockedNs() == null || message.stepNs() == null) {
      return Optional.empty();
    }
    long blockedNs = Math.max(0, message.blockedNs());
    long stepNs = Math.max(0, message.stepNs());
    sums.merge(worker, Sum.NONE.plus(blockedNs, stepNs), (a, b) -> a.plus(blockedNs, stepNs));
    return first && ++saves == due ? Optional.of(told()) : Optional.empty();
  }

  private Cost told() {
    var slowest =
        sums.values().stream()
            .map(Sum::mean)
            .max(Comparator.comparingLong(Cost::blockedNs))
            .orElseThrow();
    due *= 2;
    sums.clear();
    return slowest;
  }
}
