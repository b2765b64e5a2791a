package dev.muster.cli.kills;

import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The newest step that could be gone on from after a kill, found without asking the run: a group
 * that starts from an older one has lost what was there. Pure.
 */
final class Floor {
  private Floor() {}

  /**
   * @param live steps that living members hold; of a sharded state none, as a part is lost
   * @param saved complete snapshots in the memory of all hosts that are left
   * @param stored steps on storage
   * @param starts of each generation so far: what they went back behind is no longer history
   */
  static long of(
      boolean sharded,
      List<Long> live,
      List<SnapshotPoint> saved,
      List<Long> stored,
      NavigableMap<Long, Long> starts) {
    var steps = new ArrayList<>(stored);
    steps.addAll(live);
    shards(saved)
        .forEach((point, shards) -> {
          boolean whole = !sharded || shards.cardinality() == point.worldSize();
          if (whole && history(point, starts)) {
            steps.add(point.step());
          }
        });
    return steps.stream().mapToLong(s -> s).max().orElse(0);
  }

  /** By step and generation. */
  private static TreeMap<SnapshotPoint, BitSet> shards(List<SnapshotPoint> saved) {
    var shards =
        new TreeMap<SnapshotPoint, BitSet>(
            Comparator.comparingLong(SnapshotPoint::step)
                .thenComparingLong(SnapshotPoint::generation));
    saved.forEach(point -> shards.computeIfAbsent(point, p -> new BitSet()).set(point.rank()));
    return shards;
  }

  private static boolean history(SnapshotPoint point, NavigableMap<Long, Long> starts) {
    return starts.tailMap(point.generation(), false).values().stream()
        .allMatch(start -> point.step() <= start);
  }
}
