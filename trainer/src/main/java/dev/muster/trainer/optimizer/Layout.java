package dev.muster.trainer.optimizer;

import java.util.ArrayList;
import java.util.List;

/**
 * Where each parameter of a model lies in one flat float32 buffer. Each starts on a 64-byte
 * boundary, so that every one of them can be handed to native code as it is; the padding between
 * them stays zero.
 *
 * @param slots in order of offset
 * @param floats length of the flat buffer, padding included
 */
public record Layout(List<Slot> slots, int floats) {
  private static final int ALIGNED_FLOATS = 16;

  public Layout {
    slots = List.copyOf(slots);
  }

  /**
   * One parameter.
   *
   * @param offset first float in the flat buffer
   * @param initial how it starts
   * @param decayed whether weight decay applies: to matrices, not to biases and gains
   */
  public record Slot(String name, long[] shape, int offset, Initial initial, boolean decayed) {
    public int count() {
      long count = 1;
      for (long extent : shape) {
        count *= extent;
      }
      return Math.toIntExact(count);
    }
  }

  /**
   * Initial values: {@code mean} plus a bell-shaped draw of standard deviation {@code deviation}.
   */
  public record Initial(float mean, float deviation) {
    public static final Initial ZERO = new Initial(0, 0);
    public static final Initial ONE = new Initial(1, 0);
  }

  /** Elements of each slot. */
  public long[] counts() {
    return slots.stream().mapToLong(Slot::count).toArray();
  }

  /** Parameters without padding. */
  public long parameters() {
    return slots.stream().mapToLong(Slot::count).sum();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Appends parameters one after the other. */
  public static final class Builder {
    private final List<Slot> slots = new ArrayList<>();
    private int floats;

    public Builder matrix(String name, double deviation, long... shape) {
      return add(name, new Initial(0, (float) deviation), true, shape);
    }

    public Builder vector(String name, Initial initial, long... shape) {
      return add(name, initial, false, shape);
    }

    private Builder add(String name, Initial initial, boolean decayed, long... shape) {
      Slot slot = new Slot(name, shape, floats, initial, decayed);
      slots.add(slot);
      floats = (floats + slot.count() + ALIGNED_FLOATS - 1) / ALIGNED_FLOATS * ALIGNED_FLOATS;
      return this;
    }

    public Layout build() {
      return new Layout(slots, floats);
    }
  }
}
