package dev.muster.worker.checkpoint.snapshot;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Names, types, shapes and boxes of a snapshot's tensors, and where each lies. Computed anew for
 * every save: a trainer may hold other tensors after a change of the group. Immutable, any thread.
 */
public final class SnapshotLayout {
  static final int BLOCK_BYTES = 1 << 20;
  private static final int ALIGNMENT = 64;

  /**
   * One tensor.
   *
   * @param globalShape of the whole tensor over all ranks
   * @param box {@code [from, to)} per dimension
   * @param replicated every rank holds the same
   * @param offset of its bytes in the data of the snapshot
   */
  public record Entry(
      String name,
      DType dtype,
      long[] globalShape,
      long[][] box,
      boolean replicated,
      long offset,
      long bytes) {
    boolean sameTensor(Entry other) {
      return name.equals(other.name)
          && dtype == other.dtype
          && Arrays.equals(globalShape, other.globalShape)
          && Arrays.deepEquals(box, other.box);
    }

    String describe() {
      return dtype + Arrays.toString(globalShape) + " box " + Arrays.deepToString(box);
    }

    long end() {
      return offset + bytes;
    }
  }

  /** What one checksum covers: a piece of one tensor, {@code offset} within the tensor. */
  record Block(int tensor, long offset, long bytes) {}

  private final List<Entry> entries;
  private final List<Block> blocks;

  public SnapshotLayout(List<Entry> entries) {
    this.entries = List.copyOf(entries);
    this.blocks = cut(this.entries);
  }

  static SnapshotLayout of(List<NamedTensor> tensors) {
    var entries = new ArrayList<Entry>();
    var names = new HashSet<String>();
    long offset = 0;
    for (NamedTensor tensor : tensors) {
      check(tensor, names.add(tensor.name()));
      var entry = entry(tensor, offset);
      entries.add(entry);
      offset = align(entry.end(), ALIGNMENT);
    }
    return new SnapshotLayout(entries);
  }

  private static Entry entry(NamedTensor t, long offset) {
    return new Entry(
        t.name(),
        t.dtype(),
        t.globalShape(),
        t.box(),
        t.replicated(),
        offset,
        t.memory().byteSize());
  }

  private static void check(NamedTensor tensor, boolean unique) {
    if (!unique) {
      throw new IllegalArgumentException(
          "two tensors of one name: name=" + tensor.name() + "; a state names each tensor once");
    }
    long expected = tensor.dtype().sizeBytes();
    for (long[] range : tensor.box()) {
      expected *= range[1] - range[0];
    }
    if (tensor.globalShape().length != tensor.box().length
        || expected != tensor.memory().byteSize()) {
      throw new IllegalArgumentException(
          "a tensor's memory is not that of its box: name="
              + tensor.name()
              + " tensor="
              + entry(tensor, 0).describe()
              + " expectedBytes="
              + expected
              + " actualBytes="
              + tensor.memory().byteSize());
    }
  }

  private static List<Block> cut(List<Entry> entries) {
    var blocks = new ArrayList<Block>();
    for (int tensor = 0; tensor < entries.size(); tensor++) {
      long bytes = entries.get(tensor).bytes();
      for (long at = 0; at < bytes; at += BLOCK_BYTES) {
        blocks.add(new Block(tensor, at, Math.min(BLOCK_BYTES, bytes - at)));
      }
    }
    return List.copyOf(blocks);
  }

  static long align(long bytes, long alignment) {
    return (bytes + alignment - 1) & -alignment;
  }

  /** The tensors in the order of the state they were saved from. */
  public List<Entry> entries() {
    return entries;
  }

  List<Block> blocks() {
    return blocks;
  }

  /** From the first tensor's first byte to the last one's end. */
  public long dataBytes() {
    return entries.stream().mapToLong(Entry::end).max().orElse(0);
  }

  String describe(Block block) {
    Entry entry = entries.get(block.tensor());
    return "tensor="
        + entry.name()
        + " block="
        + block.offset() / BLOCK_BYTES
        + " of "
        + (entry.bytes() + BLOCK_BYTES - 1) / BLOCK_BYTES
        + " bytes=["
        + block.offset()
        + ", "
        + (block.offset() + block.bytes())
        + ")";
  }

  /**
   * The memory of each entry among {@code tensors}, whatever their order.
   *
   * @throws IllegalArgumentException they are not the same names, types, shapes and boxes
   */
  List<MemorySegment> targets(List<NamedTensor> tensors) {
    SnapshotLayout wanted = of(tensors);
    var differences = differences(wanted);
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "the snapshot is of another layout: "
              + String.join("; ", differences)
              + "; restore by intersecting boxes, or build the trainer as it was saved");
    }
    var memory = new HashMap<String, MemorySegment>();
    tensors.forEach(t -> memory.put(t.name(), t.memory()));
    return entries.stream().map(e -> memory.get(e.name())).toList();
  }

  /** Empty when both hold the same tensors; otherwise at most a handful of them, each named. */
  private List<String> differences(SnapshotLayout wanted) {
    Map<String, Entry> mine = byName();
    Map<String, Entry> theirs = wanted.byName();
    var names = new ArrayList<>(mine.keySet());
    theirs.keySet().stream().filter(n -> !mine.containsKey(n)).forEach(names::add);
    return names.stream()
        .filter(n -> !same(mine.get(n), theirs.get(n)))
        .limit(5)
        .map(n -> "name=" + n + " saved=" + text(mine.get(n)) + " wanted=" + text(theirs.get(n)))
        .toList();
  }

  private static boolean same(Entry a, Entry b) {
    return a != null && b != null && a.sameTensor(b);
  }

  private static String text(Entry entry) {
    return entry == null ? "none" : entry.describe();
  }

  private Map<String, Entry> byName() {
    var byName = new LinkedHashMap<String, Entry>();
    entries.forEach(e -> byName.put(e.name(), e));
    return byName;
  }
}
