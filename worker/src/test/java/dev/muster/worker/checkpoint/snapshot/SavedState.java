package dev.muster.worker.checkpoint.snapshot;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A state whose every byte follows from its step. */
public final class SavedState {
  private static final long TILE_BYTES = 64 << 10;

  private final List<NamedTensor> tensors;

  private SavedState(List<NamedTensor> tensors) {
    this.tensors = tensors;
  }

  /** Tensors named {@code kind.0}, {@code kind.1}, and so on, of so many bytes. */
  public static SavedState of(Arena arena, String kind, long... sizes) {
    var tensors = new ArrayList<NamedTensor>();
    for (int i = 0; i < sizes.length; i++) {
      tensors.add(tensor(kind + "." + i, arena.allocate(sizes[i], 64)));
    }
    return new SavedState(tensors);
  }

  public static NamedTensor tensor(String name, MemorySegment memory) {
    return NamedTensor.replicated(name, DType.UINT8, new long[] {memory.byteSize()}, memory);
  }

  /** A training of one rank. */
  public static SnapshotPoint at(long step, long generation) {
    return new SnapshotPoint(step, generation, 0, 1);
  }

  public List<NamedTensor> tensors() {
    return tensors;
  }

  public SavedState fill(long step) {
    for (int i = 0; i < tensors.size(); i++) {
      fill(tensors.get(i).memory(), step * 1_000 + i);
    }
    return this;
  }

  /** One tile of noise again and again, each time with another first word. */
  private static void fill(MemorySegment memory, long salt) {
    long size = memory.byteSize();
    MemorySegment tile = memory.asSlice(0, Math.min(size, TILE_BYTES));
    noise(tile, salt);
    for (long at = TILE_BYTES; at < size; at += TILE_BYTES) {
      MemorySegment.copy(tile, 0, memory, at, Math.min(TILE_BYTES, size - at));
      if (size - at >= 8) {
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, salt + at);
      }
    }
  }

  private static void noise(MemorySegment tile, long salt) {
    long size = tile.byteSize();
    for (long at = 0; at + 8 <= size; at += 8) {
      tile.set(ValueLayout.JAVA_LONG_UNALIGNED, at, (salt + at) * 0x9E3779B97F4A7C15L);
    }
    for (long at = size & -8; at < size; at++) {
      tile.set(ValueLayout.JAVA_BYTE, at, (byte) (salt + at));
    }
  }

  public boolean sameBytes(SavedState other) {
    for (int i = 0; i < tensors.size(); i++) {
      if (tensors.get(i).memory().mismatch(other.tensors.get(i).memory()) >= 0) {
        return false;
      }
    }
    return true;
  }
}
