package dev.muster.trainer.optimizer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Parameters in one flat buffer {@code float32[layout.floats]} of native memory that lives as long
 * as the arena. Together with the optimizer's {@link Moments} and the step number, which the
 * runtime keeps, they are all that training depends on.
 */
public record ModelState(Layout layout, MemorySegment parameters) {
  private static final int ALIGNMENT = 64;

  /** Initial state: a function of the seed. */
  public static ModelState initial(Layout layout, long seed, Arena arena) {
    MemorySegment flat = arena.allocate((long) layout.floats() * Float.BYTES, ALIGNMENT);
    float[] values = new float[layout.floats()];
    for (Layout.Slot slot : layout.slots()) {
      fill(values, slot, seed);
    }
    MemorySegment.copy(values, 0, flat, JAVA_FLOAT, 0, values.length);
    return new ModelState(layout, flat);
  }

  private static void fill(float[] values, Layout.Slot slot, long seed) {
    float mean = slot.initial().mean();
    float deviation = slot.initial().deviation();
    for (int i = slot.offset(); i < slot.offset() + slot.count(); i++) {
      values[i] = deviation == 0 ? mean : (float) (mean + deviation * Draw.bell(seed, i));
    }
  }

  /** The part of a flat buffer (of parameters or gradients) that belongs to {@code slot}. */
  public static MemorySegment slice(MemorySegment flat, Layout.Slot slot) {
    return flat.asSlice((long) slot.offset() * Float.BYTES, (long) slot.count() * Float.BYTES);
  }

  /** The parameters, one segment per slot. */
  public List<MemorySegment> bySlot() {
    return layout.slots().stream().map(slot -> slice(parameters, slot)).toList();
  }

  public List<NamedTensor> tensors() {
    return layout.slots().stream().map(this::tensor).toList();
  }

  private NamedTensor tensor(Layout.Slot slot) {
    return NamedTensor.replicated(
        slot.name(), DType.FLOAT32, slot.shape(), slice(parameters, slot));
  }
}
