package dev.muster.trainer.optimizer;

import java.util.ArrayList;
import java.util.List;

/**
 * The rows (indices of dimension 0) of one parameter that a rank owns.
 *
 * @param index of the slot in its layout
 * @param fromRow inclusive
 * @param toRow exclusive, greater than {@code fromRow}
 */
record Shard(int index, Layout.Slot slot, long fromRow, long toRow) {
  /**
   * How the optimizer's state is dealt to ranks, as in ZeRO stage 1 (Rajbhandari et al., "ZeRO:
   * Memory Optimizations Toward Training Trillion Parameter Models", SC 2020, section 5.1): the
   * rows of all parameters, one after the other, are cut into contiguous ranges. A row belongs to
   * the rank in whose {@code 1/worldSize} of all elements its first element lies. So a rank has its
   * share of the elements give or take one largest row, and a tensor's part is a box.
   *
   * @return the parts of this rank in the order of the slots, none of them empty; no part at all
   *     where a row is larger than a share
   */
  static List<Shard> of(Layout layout, int rank, int worldSize) {
    long elements = layout.parameters();
    long from = Math.ceilDiv(rank * elements, worldSize);
    long to = Math.ceilDiv((rank + 1) * elements, worldSize);
    List<Shard> shards = new ArrayList<>();
    long start = 0;
    for (int index = 0; index < layout.slots().size(); index++) {
      Layout.Slot slot = layout.slots().get(index);
      long fromRow = rowAt(from - start, slot);
      long toRow = rowAt(to - start, slot);
      if (fromRow < toRow) {
        shards.add(new Shard(index, slot, fromRow, toRow));
      }
      start += slot.count();
    }
    return List.copyOf(shards);
  }

  /** First row of {@code slot} that starts at or after this element. */
  private static long rowAt(long element, Layout.Slot slot) {
    return Math.clamp(Math.ceilDiv(element, width(slot)), 0L, slot.shape()[0]);
  }

  private static long width(Layout.Slot slot) {
    return slot.count() / slot.shape()[0];
  }

  /** First element, counted within the slot. */
  int from() {
    return Math.toIntExact(fromRow * width(slot));
  }

  /** Last element, exclusive. */
  int to() {
    return Math.toIntExact(toRow * width(slot));
  }

  int count() {
    return to() - from();
  }

  /** {@code [from, to)} per dimension: these rows, whole in all others. */
  long[][] box() {
    long[] shape = slot.shape();
    long[][] box = new long[shape.length][];
    box[0] = new long[] {fromRow, toRow};
    for (int d = 1; d < shape.length; d++) {
      box[d] = new long[] {0, shape[d]};
    }
    return box;
  }
}
