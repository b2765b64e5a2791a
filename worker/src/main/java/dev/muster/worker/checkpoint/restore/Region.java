package dev.muster.worker.checkpoint.restore;

import dev.muster.worker.checkpoint.storage.Box;
import dev.muster.worker.checkpoint.storage.Box.Side;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of a tensor in any shape: boxes that have nothing in common. Immutable, pure.
 *
 * @param boxes none of them empty
 */
record Region(List<Box> boxes) {
  Region {
    boxes = List.copyOf(boxes);
  }

  static Region of(Box box) {
    return new Region(box.isEmpty() ? List.of() : List.of(box));
  }

  boolean isEmpty() {
    return boxes.isEmpty();
  }

  boolean meets(Box other) {
    return boxes.stream().anyMatch(box -> box.intersect(other).isPresent());
  }

  Region without(Box taken) {
    var left = new ArrayList<Box>();
    for (var box : boxes) {
      box.intersect(taken)
          .ifPresentOrElse(common -> around(box, common, left), () -> left.add(box));
    }
    return new Region(left);
  }

  /** Per dimension what lies before and behind; in the dimensions above it only what both hold. */
  private static void around(Box box, Box common, List<Box> left) {
    for (int d = 0; d < box.dimensions(); d++) {
      add(box, common, d, new Side(box.side(d).from(), common.side(d).from()), left);
      add(box, common, d, new Side(common.side(d).to(), box.side(d).to()), left);
    }
  }

  private static void add(Box box, Box common, int d, Side side, List<Box> left) {
    var sides = new ArrayList<>(common.sides().subList(0, d));
    sides.add(side);
    sides.addAll(box.sides().subList(d + 1, box.dimensions()));
    var part = new Box(sides);
    if (!part.isEmpty()) {
      left.add(part);
    }
  }
}
