package dev.muster.simulator.checkpoint;

import dev.muster.protocol.job.JobSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The storage of a job, one folder a step: shards of any generation, and at most one checkpoint,
 * whose place only that of a later generation takes.
 */
public final class SharedStorage {
  private final TreeMap<Long, Folder> steps = new TreeMap<>();
  private boolean out;
  private double slowness = 1;

  private record ShardKey(long generation, int shard) implements Comparable<ShardKey> {
    @Override
    public int compareTo(ShardKey other) {
      return generation != other.generation
          ? Long.compare(generation, other.generation)
          : Integer.compare(shard, other.shard);
    }
  }

  private static final class Folder {
    private final TreeMap<ShardKey, Part> parts = new TreeMap<>();
    private Checkpoint checkpoint; // null: not committed
  }

  /**
   * @param parts in the order of shards
   */
  public record Checkpoint(long generation, long step, List<Part> parts, boolean damaged) {
    private Checkpoint damage() {
      return new Checkpoint(generation, step, parts, true);
    }
  }

  public boolean out() {
    return out;
  }

  public void out(boolean is) {
    out = is;
  }

  /** How many times as long as usual everything takes. */
  public double slowness() {
    return slowness;
  }

  public void slowness(double factor) {
    slowness = factor;
  }

  /**
   * @param shard of the checkpoint; of a replicated state each is a slice of the same whole
   */
  public void put(long step, long generation, int shard, Part part) {
    folder(step).parts.put(new ShardKey(generation, shard), part);
  }

  private Folder folder(long step) {
    return steps.computeIfAbsent(step, s -> new Folder());
  }

  /** In words, why it is none; empty when it is one. */
  public String commit(long step, long generation, int shards, JobSpec.Checkpoint settings) {
    var folder = folder(step);
    if (folder.checkpoint != null && folder.checkpoint.generation >= generation) {
      return folder.checkpoint.generation == generation ? "" : "checkpoint exists: step=" + step;
    }
    var parts = new ArrayList<Part>();
    for (int shard = 0; shard < shards; shard++) {
      var part = folder.parts.get(new ShardKey(generation, shard));
      if (part == null) {
        return "a part is missing: step=" + step + " shard=" + shard;
      }
      parts.add(part);
    }
    folder.checkpoint = new Checkpoint(generation, step, List.copyOf(parts), false);
    folder.parts.clear();
    prune(step, settings);
    return "";
  }

  private void prune(long step, JobSpec.Checkpoint settings) {
    steps.headMap(step).values().removeIf(folder -> folder.checkpoint == null);
    var committed = committed();
    for (int i = 0; i < committed.size() - settings.keepLast(); i++) {
      long old = committed.get(i);
      if (settings.keepEvery() == 0 || old % settings.keepEvery() != 0) {
        steps.remove(old);
      }
    }
  }

  private List<Long> committed() {
    return steps.entrySet().stream()
        .filter(e -> e.getValue().checkpoint != null)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The checkpoint of a step, whoever made it. */
  public Optional<Checkpoint> read(long step) {
    return Optional.ofNullable(steps.get(step)).map(folder -> folder.checkpoint);
  }

  /** Oldest first. */
  public List<Checkpoint> all() {
    return committed().stream().flatMap(step -> read(step).stream()).toList();
  }

  /** Newest of all. */
  public Optional<Checkpoint> newest() {
    return committed().reversed().stream().findFirst().flatMap(this::read);
  }

  /** The newest checkpoint; false when there is none. */
  public boolean damageNewest() {
    newest().ifPresent(c -> folder(c.step).checkpoint = c.damage());
    return newest().isPresent();
  }

  /** The newest checkpoint; false when there was none. */
  public boolean removeNewest() {
    var gone = newest();
    gone.ifPresent(c -> steps.remove(c.step));
    return gone.isPresent();
  }
}
