package dev.muster.worker.checkpoint.storage;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Finds boxes of one tensor that overlap, without comparing each with each. Pure. */
final class Overlap {
  private Overlap() {}

  /**
   * Two boxes that have elements in common. Sorted along one dimension, a box can only meet those
   * that start before it ends.
   */
  static Optional<List<Box>> first(List<Box> boxes) {
    if (boxes.size() < 2) {
      return Optional.empty();
    }
    if (boxes.getFirst().dimensions() == 0) {
      return Optional.of(boxes.subList(0, 2));
    }
    int d = mostCut(boxes);
    var sorted = new ArrayList<>(boxes);
    sorted.sort(Comparator.comparingLong(b -> b.side(d).from()));
    for (int i = 0; i < sorted.size(); i++) {
      var box = sorted.get(i);
      for (int j = i + 1;
          j < sorted.size() && sorted.get(j).side(d).from() < box.side(d).to();
          j++) {
        if (box.intersect(sorted.get(j)).isPresent()) {
          return Optional.of(List.of(box, sorted.get(j)));
        }
      }
    }
    return Optional.empty();
  }

  /** The dimension along which the fewest boxes lie side by side. */
  private static int mostCut(List<Box> boxes) {
    return IntStream.range(0, boxes.getFirst().dimensions())
        .boxed()
        .max(Comparator.comparingLong(d -> starts(boxes, d)))
        .orElseThrow();
  }

  private static long starts(List<Box> boxes, int d) {
    return boxes.stream().mapToLong(b -> b.side(d).from()).distinct().count();
  }
}
