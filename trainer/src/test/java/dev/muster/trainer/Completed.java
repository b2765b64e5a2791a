package dev.muster.trainer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Keeps what gradients were when a pass called them complete. */
public final class Completed {
  private final List<MemorySegment> bySlot;
  private final List<Integer> order = new ArrayList<>();
  private final List<float[]> values = new ArrayList<>();
  private long untouchedAtFirst;

  public Completed(List<MemorySegment> bySlot) {
    this.bySlot = bySlot;
  }

  public Gradients gradients() {
    return new Gradients(bySlot, this::complete);
  }

  private void complete(int slot) {
    if (order.isEmpty()) {
      untouchedAtFirst = bySlot.stream().filter(Completed::isZero).count();
    }
    order.add(slot);
    values.add(bySlot.get(slot).toArray(JAVA_FLOAT));
  }

  /** After the pass: each slot once, and nothing was added later. */
  public void assertEachWasComplete() {
    assertThat(order).doesNotHaveDuplicates().hasSameSizeAs(bySlot);
    for (int i = 0; i < values.size(); i++) {
      assertThat(bySlot.get(order.get(i)).toArray(JAVA_FLOAT)).containsExactly(values.get(i));
    }
  }

  /** Slots without any gradient when the first one was complete: what overlap can hide in. */
  public long untouchedAtFirst() {
    return untouchedAtFirst;
  }

  private static boolean isZero(MemorySegment gradient) {
    for (float value : gradient.toArray(JAVA_FLOAT)) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  public List<Integer> order() {
    return order;
  }
}
