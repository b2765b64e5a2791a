package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Parameters and the two moments of AdamW, each in one flat buffer {@code float32[layout.floats]}
 * of native memory that lives as long as the arena. Together with the step number, which the
 * runtime keeps, they are all that training depends on.
 */
public record ModelState(
    Layout layout,
    MemorySegment parameters,
    MemorySegment firstMoments,
    MemorySegment secondMoments) {
  private static final int ALIGNMENT = 64;

  /** Initial state: parameters are a function of the seed, moments are zero. */
  public static ModelState initial(Layout layout, long seed, Arena arena) {
    ModelState state =
        new ModelState(layout, flat(layout, arena), flat(layout, arena), flat(layout, arena));
    float[] values = new float[layout.floats()];
    for (Layout.Slot slot : layout.slots()) {
      fill(values, slot, seed);
    }
    MemorySegment.copy(values, 0, state.parameters, JAVA_FLOAT, 0, values.length);
    return state;
  }

  private static MemorySegment flat(Layout layout, Arena arena) {
    return arena.allocate((long) layout.floats() * Float.BYTES, ALIGNMENT);
  }

  private static void fill(float[] values, Layout.Slot slot, long seed) {
    float mean = slot.initial().mean();
    float deviation = slot.initial().deviation();
    for (int i = slot.offset(); i < slot.offset() + slot.count(); i++) {
      values[i] = deviation == 0 ? mean : (float) (mean + deviation * Draw.bell(seed, i));
    }
  }

  /**
   * The part of a flat buffer (of parameters, moments or gradients) that belongs to {@code slot}.
   */
  public static MemorySegment slice(MemorySegment flat, Layout.Slot slot) {
    return flat.asSlice((long) slot.offset() * Float.BYTES, (long) slot.count() * Float.BYTES);
  }

  public List<NamedTensor> tensors() {
    List<NamedTensor> tensors = new ArrayList<>();
    add(tensors, "", parameters);
    add(tensors, "adamw.m/", firstMoments);
    add(tensors, "adamw.v/", secondMoments);
    return List.copyOf(tensors);
  }

  private void add(List<NamedTensor> tensors, String prefix, MemorySegment flat) {
    for (Layout.Slot slot : layout.slots()) {
      tensors.add(
          NamedTensor.replicated(
              prefix + slot.name(), DType.FLOAT32, slot.shape(), slice(flat, slot)));
    }
  }
}
