package dev.muster.trainer;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Where a pass adds its gradients, and who may go on with those that are complete while others are
 * still computed.
 *
 * @param bySlot one {@code float32} segment per slot of the layout, 64-byte aligned
 * @param complete told once per slot of a pass, when it adds nothing more to it; at the latest
 *     before the pass ends
 */
public record Gradients(List<MemorySegment> bySlot, IntConsumer complete) {

  /** Of which nobody waits for a part. */
  public static Gradients of(List<MemorySegment> bySlot) {
    return new Gradients(bySlot, slot -> {});
  }
}
