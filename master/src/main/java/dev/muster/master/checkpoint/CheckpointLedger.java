package dev.muster.master.checkpoint;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which states could be gone on from though no worker holds them: snapshots in the memory of nodes,
 * as the nodes told, and checkpoints on storage. Changes in place, reads no clock.
 *
 * <p>A state that lies after the start of a later generation is of a history that was given up, and
 * is never offered again: what follows from the start may differ from it.
 */
public final class CheckpointLedger {
  /** The last step in a state, and the generation that saved it. Newest last. */
  public record Point(long step, Generation generation) implements Comparable<Point> {
    @Override
    public int compareTo(Point other) {
      return step != other.step
          ? Long.compare(step, other.step)
          : generation.compareTo(other.generation);
    }
  }

  /**
   * @param nodes who holds it in memory; of storage empty
   */
  public record Choice(Medium from, Point point, List<NodeId> nodes) {}

  private final SortedMap<NodeId, List<Snapshot>> memory = new TreeMap<>();
  private final TreeSet<Point> stored = new TreeSet<>();
  private final TreeSet<String> unreadable = new TreeSet<>();

  /** Start steps that no later generation went back behind; they only grow. */
  private final NavigableMap<Generation, Long> starts = new TreeMap<>();

  /** All that is in the memory of {@code node}; a node that tells of nothing keeps what it told. */
  public void holds(NodeId node, List<Snapshot> snapshots) {
    if (!snapshots.isEmpty()) {
      memory.put(node, List.copyOf(snapshots));
    }
  }

  /** All that is in the memory of a node that has just registered; nothing means nothing. */
  public void registered(NodeId node, List<Snapshot> snapshots) {
    lost(node);
    holds(node, snapshots);
  }

  public void lost(NodeId node) {
    memory.remove(node);
  }

  /**
   * It is on storage.
   *
   * @return whether that is new, and of a history that was not given up
   */
  public boolean stored(Point point) {
    return valid(point) && stored.add(point);
  }

  /**
   * What is removed from storage with every commit: all but the newest {@code keepLast} and the
   * multiples of {@code keepEvery}, if that is not 0.
   */
  public void retain(int keepLast, long keepEvery) {
    var old = stored.stream().limit(Math.max(0, stored.size() - keepLast)).toList();
    old.stream()
        .filter(point -> keepEvery == 0 || point.step() % keepEvery != 0)
        .forEach(stored::remove);
  }

  /** A generation goes on from this step: what others saved after it does not count any more. */
  public void begins(Generation generation, long startStep) {
    starts.entrySet().removeIf(earlier -> earlier.getValue() >= startStep);
    starts.put(generation, startStep);
    stored.removeIf(point -> !valid(point));
  }

  private boolean valid(Point point) {
    var next = starts.higherEntry(point.generation());
    return next == null || point.step() <= next.getValue();
  }

  /** It could not be read; it is not offered again. */
  public void unreadable(Choice choice) {
    if (choice.from() == Medium.STORAGE) {
      unreadable.add(key(Medium.STORAGE, choice.point(), ""));
    }
    choice.nodes().forEach(n -> unreadable.add(key(Medium.MEMORY, choice.point(), n.name())));
  }

  private static String key(Medium from, Point point, String node) {
    return from + "/" + point + "/" + node;
  }

  /** Newest checkpoint on storage. */
  public Optional<Point> newestStored() {
    return stored.isEmpty() ? Optional.empty() : Optional.of(stored.last());
  }

  /**
   * The newest state that a group could go on from, memory before storage.
   *
   * @param enough whether snapshots of a step, all of one generation, are enough for the group
   */
  public Optional<Choice> newest(Predicate<SortedMap<NodeId, List<Snapshot>>> enough) {
    var fromMemory = points().stream().flatMap(p -> inMemory(p, enough).stream()).findFirst();
    var fromStorage = newestReadable().map(p -> new Choice(Medium.STORAGE, p, List.of()));
    boolean storageIsNewer =
        fromStorage.isPresent()
            && fromMemory.map(m -> m.point().step()).orElse(-1L) < fromStorage.get().point().step();
    return storageIsNewer ? fromStorage : fromMemory;
  }

  /** States in memory that are newer than all that can be read on storage, newest first. */
  public List<Point> unstored() {
    long storedStep = newestReadable().map(Point::step).orElse(0L);
    return points().stream().filter(point -> point.step() > storedStep).toList();
  }

  private Optional<Point> newestReadable() {
    return stored.descendingSet().stream()
        .filter(point -> !unreadable.contains(key(Medium.STORAGE, point, "")))
        .findFirst();
  }

  /** Newest first. */
  private List<Point> points() {
    var points = new TreeSet<Point>(Comparator.reverseOrder());
    memory.values().forEach(all -> all.forEach(s -> points.add(point(s))));
    points.removeIf(point -> !valid(point));
    return List.copyOf(points);
  }

  private Optional<Choice> inMemory(
      Point point, Predicate<SortedMap<NodeId, List<Snapshot>>> enough) {
    var holders = holders(point);
    return !holders.isEmpty() && enough.test(holders)
        ? Optional.of(new Choice(Medium.MEMORY, point, List.copyOf(holders.keySet())))
        : Optional.empty();
  }

  /** The snapshots of a point, by node; without those that could not be read. */
  public SortedMap<NodeId, List<Snapshot>> holders(Point point) {
    var holders = new TreeMap<NodeId, List<Snapshot>>();
    memory.forEach((node, all) -> {
      var ofPoint = new ArrayList<>(all);
      ofPoint.removeIf(s -> !point(s).equals(point));
      if (!ofPoint.isEmpty() && !unreadable.contains(key(Medium.MEMORY, point, node.name()))) {
        holders.put(node, List.copyOf(ofPoint));
      }
    });
    return holders;
  }

  private static Point point(Snapshot snapshot) {
    return new Point(snapshot.step(), snapshot.generation());
  }
}
