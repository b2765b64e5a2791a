package dev.muster.trainer.optimizer;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The two moments of AdamW over some shards of the parameters: {@code float32[shard.count]} each,
 * native memory on 64-byte boundaries that lives as long as the arena.
 *
 * @param first running mean of the gradient, by shard
 * @param second running mean of its square, by shard
 */
record Moments(List<Shard> shards, List<MemorySegment> first, List<MemorySegment> second) {
  private static final int ALIGNMENT = 64;

  /** As training starts with them. */
  static Moments zero(List<Shard> shards, Arena arena) {
    return new Moments(shards, memory(shards, arena), memory(shards, arena));
  }

  private static List<MemorySegment> memory(List<Shard> shards, Arena arena) {
    return shards.stream()
        .map(shard -> arena.allocate((long) shard.count() * Float.BYTES, ALIGNMENT))
        .toList();
  }

  /** Takes the values of {@code other}, which has the same shards. */
  void copyFrom(Moments other) {
    for (int s = 0; s < shards.size(); s++) {
      first.get(s).copyFrom(other.first.get(s));
      second.get(s).copyFrom(other.second.get(s));
    }
  }

  /**
   * @param replicated whether every rank holds these shards, which then are whole
   */
  List<NamedTensor> tensors(boolean replicated) {
    List<NamedTensor> tensors = new ArrayList<>();
    add(tensors, "adamw.m/", first, replicated);
    add(tensors, "adamw.v/", second, replicated);
    return tensors;
  }

  private void add(
      List<NamedTensor> tensors, String prefix, List<MemorySegment> memory, boolean replicated) {
    for (int s = 0; s < shards.size(); s++) {
      Shard shard = shards.get(s);
      tensors.add(
          new NamedTensor(
              prefix + shard.slot().name(),
              DType.FLOAT32,
              shard.slot().shape(),
              shard.box(),
              memory.get(s),
              replicated));
    }
  }
}
