package dev.muster.simulator.checkpoint;

import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Snapshots in the memory of one host, its own workers' and copies of others', two of a name: a new
 * one goes where the older one was, and is found once it is complete. They outlive workers and
 * agents, and end with the host.
 */
public final class HostMemory {
  private final TreeMap<String, List<Half>> names = new TreeMap<>();
  private long sequence;

  /** Space for one snapshot. */
  public static final class Half {
    private Snapshot header; // null: nothing that could be found
    private StateId state;
    private boolean damaged;
    private int pins;
    private long age;

    /** As which it is found. */
    public Snapshot header() {
      return header;
    }

    /** What is in it, whatever its header says. */
    public Part part() {
      return new Part(state, header.shard(), header.shards());
    }

    public boolean damaged() {
      return damaged;
    }

    /** Whether it is still found as that. */
    public boolean holds(Snapshot as) {
      return as.equals(header);
    }

    /** Somebody reads it: it is not written over until {@link #unpin}. */
    public void pin() {
      pins++;
    }

    public void unpin() {
      pins = Math.max(0, pins - 1);
    }

    private boolean is(long generation, long step) {
      return header != null && header.generation().number() == generation && header.step() == step;
    }

    private void clear() {
      header = null;
      damaged = false;
    }
  }

  /** A snapshot that is being written; nobody finds it before it is complete. */
  public final class Writing {
    private final Half half;
    private final Snapshot header;
    private final StateId state;

    private Writing(Half half, Snapshot header, StateId state) {
      this.half = half;
      this.header = header;
      this.state = state;
    }

    public Snapshot header() {
      return header;
    }

    public void complete() {
      half.header = header;
      half.state = state;
      half.age = ++sequence;
    }
  }

  /** Whether the half that it would go to is not being read. */
  public boolean canBegin(String name, Snapshot header) {
    return target(halves(name), header).pins == 0;
  }

  /** What was where it goes to is gone; empty when that is being read: it stays. */
  public Optional<Writing> begin(String name, Snapshot header, StateId state) {
    if (!canBegin(name, header)) {
      return Optional.empty();
    }
    var half = target(halves(name), header);
    half.clear();
    return Optional.of(new Writing(half, header, state));
  }

  private List<Half> halves(String name) {
    return names.computeIfAbsent(name, n -> List.of(new Half(), new Half()));
  }

  /** A damaged one of the same point is the one to be replaced. */
  private static Half target(List<Half> halves, Snapshot header) {
    return halves.stream()
        .filter(half -> header.equals(half.header))
        .findFirst()
        .orElseGet(() -> halves.stream().min(Comparator.comparingLong(HostMemory::age)).get());
  }

  private static long age(Half half) {
    return half.header == null ? -1 : half.age;
  }

  /** All that could be read, by their headers alone. */
  public List<Snapshot> census() {
    var all = new ArrayList<Snapshot>();
    names.values().forEach(halves -> found(halves).forEach(half -> all.add(half.header)));
    return List.copyOf(all);
  }

  /** Of one name, oldest first. */
  public List<Half> of(String name) {
    return found(names.getOrDefault(name, List.of()));
  }

  private static List<Half> found(List<Half> halves) {
    return halves.stream()
        .filter(half -> half.header != null)
        .sorted(Comparator.comparingLong(half -> half.age))
        .toList();
  }

  public Optional<Half> find(String name, long generation, long step) {
    return of(name).stream().filter(half -> half.is(generation, step)).findFirst();
  }

  /** Of any name, in the order of names. */
  public List<Half> find(long generation, long step) {
    return names.values().stream()
        .flatMap(halves -> found(halves).stream())
        .filter(half -> half.is(generation, step))
        .toList();
  }

  public String nameOf(Half half) {
    return names.entrySet().stream()
        .filter(e -> e.getValue().contains(half))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /** What a process saved after this point, or beside it, is taken back. */
  public void rollBack(String name, long generation, long step) {
    of(name).stream().filter(half -> !survives(half.header, generation, step)).forEach(Half::clear);
  }

  private static boolean survives(Snapshot header, long generation, long step) {
    long of = header.generation().number();
    return of == generation && header.step() == step || of <= generation && header.step() < step;
  }

  public List<String> names() {
    return List.copyOf(names.keySet());
  }

  public void removeIf(Predicate<String> name) {
    names.keySet().removeIf(name);
  }

  /** The agent that read them is gone. */
  public void unpinAll() {
    names.values().forEach(halves -> halves.forEach(half -> half.pins = 0));
  }

  public void clear() {
    names.clear();
  }

  /** One of the snapshots, chosen by {@code draw}; false when there is none. */
  public boolean damage(long draw) {
    var all = names.values().stream().flatMap(halves -> found(halves).stream()).toList();
    if (!all.isEmpty()) {
      all.get((int) Math.floorMod(draw, (long) all.size())).damaged = true;
    }
    return !all.isEmpty();
  }
}
