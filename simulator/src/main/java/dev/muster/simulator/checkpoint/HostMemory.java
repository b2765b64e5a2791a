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
 * one goes where the older one was, or to a third place while that is being read; never where the
 * newest is. It is found once it is complete. They outlive workers and agents, and end with the
 * host.
 */
public final class HostMemory {
  private static final int BUFFERS = 3;

  private final TreeMap<String, List<Buffer>> names = new TreeMap<>();
  private long sequence;

  /** Space for one snapshot. */
  public static final class Buffer {
    private Snapshot header; // null: nothing that could be found
    private StateId state;
    private boolean damaged;
    private boolean allocated; // ever written to
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
    private final Buffer buffer;
    private final Snapshot header;
    private final StateId state;
    private final boolean allocates;

    private Writing(Buffer buffer, Snapshot header, StateId state) {
      this.buffer = buffer;
      this.header = header;
      this.state = state;
      this.allocates = !buffer.allocated;
      buffer.allocated = true;
    }

    /** Whether its place is memory that was never written to. */
    public boolean allocates() {
      return allocates;
    }

    public Snapshot header() {
      return header;
    }

    public void complete() {
      buffer.header = header;
      buffer.state = state;
      buffer.age = ++sequence;
    }
  }

  /** Whether there is a place for it that nobody reads. */
  public boolean canBegin(String name, Snapshot header) {
    return target(name, header).isPresent();
  }

  /** What was where it goes to is gone; empty when all others are being read: they stay. */
  public Optional<Writing> begin(String name, Snapshot header, StateId state) {
    var target = target(name, header);
    target.ifPresent(Buffer::clear);
    return target.map(buffer -> new Writing(buffer, header, state));
  }

  private List<Buffer> buffers(String name) {
    return names.computeIfAbsent(name, n -> new ArrayList<>(List.of(new Buffer(), new Buffer())));
  }

  /** A damaged one of the same point is the one to be replaced. */
  private Optional<Buffer> target(String name, Snapshot header) {
    var buffers = buffers(name);
    var same = buffers.stream().filter(buffer -> header.equals(buffer.header)).findFirst();
    if (same.isPresent()) {
      return same.filter(buffer -> buffer.pins == 0);
    }
    var free = free(buffers);
    if (free.isEmpty() && buffers.size() < BUFFERS) {
      buffers.add(new Buffer());
      return Optional.of(buffers.getLast());
    }
    return free;
  }

  /** The oldest that nobody reads, but not the newest. */
  private static Optional<Buffer> free(List<Buffer> buffers) {
    var newest =
        found(buffers).stream().max(Comparator.comparingLong(HostMemory::age)).orElse(null);
    return buffers.stream()
        .filter(buffer -> buffer != newest && buffer.pins == 0)
        .min(Comparator.comparingLong(HostMemory::age));
  }

  private static long age(Buffer buffer) {
    return buffer.header == null ? -1 : buffer.age;
  }

  /** All that could be read, by their headers alone. */
  public List<Snapshot> census() {
    var all = new ArrayList<Snapshot>();
    names.values().forEach(buffers -> found(buffers).forEach(buffer -> all.add(buffer.header)));
    return List.copyOf(all);
  }

  /** What a generation saved, without what is damaged. */
  public List<Snapshot> whole(long generation) {
    return names.values().stream()
        .flatMap(buffers -> found(buffers).stream())
        .filter(buffer -> !buffer.damaged)
        .map(buffer -> buffer.header)
        .filter(header -> header.generation().number() == generation)
        .toList();
  }

  /** Of one name, oldest first. */
  public List<Buffer> of(String name) {
    return found(names.getOrDefault(name, List.of()));
  }

  private static List<Buffer> found(List<Buffer> buffers) {
    return buffers.stream()
        .filter(buffer -> buffer.header != null)
        .sorted(Comparator.comparingLong(buffer -> buffer.age))
        .toList();
  }

  public Optional<Buffer> find(String name, long generation, long step) {
    return of(name).stream().filter(buffer -> buffer.is(generation, step)).findFirst();
  }

  /** Of any name, in the order of names. */
  public List<Buffer> find(long generation, long step) {
    return names.values().stream()
        .flatMap(buffers -> found(buffers).stream())
        .filter(buffer -> buffer.is(generation, step))
        .toList();
  }

  public String nameOf(Buffer buffer) {
    return names.entrySet().stream()
        .filter(e -> e.getValue().contains(buffer))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /** What a process saved after this point, or beside it, is taken back. */
  public void rollBack(String name, long generation, long step) {
    of(name).stream()
        .filter(buffer -> !survives(buffer.header, generation, step))
        .forEach(Buffer::clear);
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
    names.values().forEach(buffers -> buffers.forEach(buffer -> buffer.pins = 0));
  }

  public void clear() {
    names.clear();
  }

  /** One of the snapshots, chosen by {@code draw}; false when there is none. */
  public boolean damage(long draw) {
    var all = names.values().stream().flatMap(buffers -> found(buffers).stream()).toList();
    if (!all.isEmpty()) {
      all.get((int) Math.floorMod(draw, (long) all.size())).damaged = true;
    }
    return !all.isEmpty();
  }
}
